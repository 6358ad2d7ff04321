import { getContext, Kernel, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, quiet } from '../started.ts'

const restart = suite('restart')
restart.before(quiet)

const signals = ['SIGINT', 'SIGTERM'] as const

/** What the process holds open, by kind: `{ Timeout: 1 }`. */
function held(): Record<string, number> {
  const count: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) count[kind] = (count[kind] ?? 0) + 1
  return { ...count, listeners: signals.reduce((sum, signal) => sum + process.listenerCount(signal), 0) }
}

async function settle(): Promise<Record<string, number>> {
  for (let turns = 0; turns < 5; turns++) await turn()
  return held()
}

/** The kinds of which more is held now than before; what the test process itself holds comes and goes. */
async function grownSince(before: Readonly<Record<string, number>>): Promise<readonly string[]> {
  const now = await settle()
  return Object.keys(now).filter((kind) => (now[kind] ?? 0) > (before[kind] ?? 0))
}

/** Starts, works and stops once; the kernel owns the process, so it also takes the signals. */
async function cycle(service: Service, work: () => Promise<unknown>): Promise<void> {
  const kernel = await new Kernel([service]).start()
  assert.is(process.listenerCount('SIGTERM') > 0, true)
  await work()
  assert.is(await kernel.stop(), 0)
}

restart('start, stop, start 100 times: no handle, timer or listener is left', async () => {
  const adapter = fakeAdapter()
  const bus = memory()
  let handled = 0
  const service: Service = new Service({ name: 'orders' })
    .on(adapter.source('work'), () => bus.publish('order.created', { id: 1 }))
    .on(bus.topic('order.created'), () => void handled++)
  await cycle(service, () => adapter.send('work').settled)
  const before = await settle()
  for (let time = 0; time < 100; time++) {
    await cycle(service, async () => {
      await adapter.send('work').settled
      await turn()
      await turn()
    })
  }
  assert.equal(await grownSince(before), [])
  assert.is(before.listeners, 0)
  assert.ok(handled >= 100, `${handled} handled`)
  assert.is(adapter.calls.length, 101 * 3)
  assert.is(service.registrations.length, 2, 'a start registers nothing')
  assert.equal(getContext().adapters, {})
})

restart('a start that fails leaves nothing behind either', async () => {
  const failing = fakeAdapter({ on: { start: () => Promise.reject(new Error('no broker')) } })
  const service = new Service({ adapters: [failing, memory()] })
  const before = await settle()
  for (let time = 0; time < 100; time++) {
    assert.is((await failureOf(new Kernel([service]).start())).message, 'no broker')
  }
  assert.equal(await grownSince(before), [])
  assert.equal(getContext().adapters, {})
})

restart('a kernel that has stopped can be collected', async () => {
  const adapter = fakeAdapter()
  const bus = memory()
  const service: Service = new Service()
    .on(adapter.source('work'), () => {})
    .on(bus.topic('order.created'), () => {})
  const kernels: WeakRef<Kernel>[] = []
  for (let time = 0; time < 20; time++) {
    const kernel = await new Kernel([service]).start()
    kernels.push(new WeakRef(kernel))
    await kernel.stop()
  }
  await collectGarbage()
  const alive = kernels.filter((kernel) => kernel.deref() !== undefined).length
  // The last one may still be referred to: by the adapter that it started, and by this function's frame.
  assert.ok(alive <= 2, `${alive} of 20 kernels are still in memory`)
})

async function collectGarbage(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let time = 0; time < 5; time++) {
    await turn()
    collect()
  }
}

restart.run()
