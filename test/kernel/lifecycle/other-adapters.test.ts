import { Kernel, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter } from '../fake-adapter.ts'
import { failureOf, quiet } from '../started.ts'

const others = suite('adapters beside those of the services')
others.before(quiet)

/** A kernel of one service with a handler. */
function kernelWith(adapters: readonly ReturnType<typeof fakeAdapter>[]): Kernel {
  const service = new Service().on(memory().topic('x'), () => {})
  return new Kernel([service], { adapters, ownsProcess: false })
}

others('they start, pause and close with the services', async () => {
  const watcher = fakeAdapter()
  const kernel = await kernelWith([watcher]).start()
  assert.is(kernel.adapters().includes(watcher), true)
  await kernel.stop()
  assert.equal(watcher.calls, ['start', 'pause', 'close'])
})

others('one that a service names too starts once', async () => {
  const watcher = fakeAdapter()
  const service = new Service({ adapters: [watcher] })
  const kernel = await new Kernel([service], { adapters: [watcher], ownsProcess: false }).start()
  await kernel.stop()
  assert.equal(watcher.calls, ['start', 'pause', 'close'])
})

others('two kernels cannot run the same one', async () => {
  const watcher = fakeAdapter()
  const kernel = await kernelWith([watcher]).start()
  assert.is((await failureOf(kernelWith([watcher]).start())).code, 'ADAPTER_ALREADY_RUNS')
  await kernel.stop()
})

others('a service that has nothing to do is still refused', async () => {
  const kernel = new Kernel([new Service()], { adapters: [fakeAdapter()], ownsProcess: false })
  assert.is((await failureOf(kernel.start())).code, 'NO_HANDLERS')
})

others('what is not a list of adapters is refused', () => {
  for (const adapters of [{}, [{}], 'opentelemetry', [fakeAdapter]]) {
    const make = () => new Kernel([new Service()], { adapters: adapters as never })
    assert.throws(make, /adapters must be a list of adapters/)
  }
})

others.run()
