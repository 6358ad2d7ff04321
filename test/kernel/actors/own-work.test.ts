import { type Adapter, manualClock, Service } from 'tomodachi'
import { InFlight } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, type FakeAdapter, fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, logged, quiet, started } from '../started.ts'

const ownWork = suite('own work of adapters')
ownWork.before.each(quiet)

/** An adapter with work of its own. */
function working(name = 'caller'): { adapter: FakeAdapter; work: InFlight } {
  const work = new InFlight()
  const adapter = fakeAdapter({ name })
  return { adapter: Object.assign(adapter, { idle: () => work.idle() }), work }
}

ownWork('the drain waits for work that no handler awaits', async () => {
  const { adapter, work } = working()
  const kernel = await started(new Service({ adapters: [adapter] }))
  const call = deferred()
  const result = work.track(() => call.promise)
  const stopped = kernel.stop()
  await turn()
  await turn()
  assert.equal([kernel.state, adapter.calls], ['draining', ['start', 'pause']])
  call.resolve()
  assert.is(await stopped, 0)
  await result
  assert.equal(adapter.calls, ['start', 'pause', 'close'])
})

ownWork('and for what is begun by whoever awaited it', async () => {
  const { adapter, work } = working()
  const kernel = await started(new Service({ adapters: [adapter] }))
  const calls = [deferred(), deferred(), deferred()]
  const begin = async () => {
    for (const { promise } of calls) await work.track(() => promise)
  }
  const all = begin()
  const stopped = kernel.stop()
  for (const call of calls) {
    await turn()
    await turn()
    assert.is(kernel.state, 'draining')
    call.resolve()
  }
  assert.is(await stopped, 0)
  await all
})

ownWork('work that leads to a delivery: the delivery is waited for too', async () => {
  const { adapter, work } = working()
  const handling = deferred()
  const kernel = await started(new Service().on(adapter.source('answer'), () => handling.promise))
  const call = deferred()
  const done = work.track(() => call.promise).then(() => adapter.send('answer').settled)
  const stopped = kernel.stop()
  await turn()
  call.resolve()
  for (let turns = 0; turns < 5; turns++) await turn()
  assert.is(kernel.state, 'draining')
  handling.resolve()
  assert.is((await done).state, 'acked')
  assert.is(await stopped, 0)
})

ownWork('work that a handler begins as its last act is waited for', async () => {
  const { adapter, work } = working()
  const [handling, call] = [deferred(), deferred()]
  const service = new Service().on(adapter.source('a'), async () => {
    await handling.promise
    void work.track(() => call.promise)
  })
  const kernel = await started(service)
  const { settled } = adapter.send('a')
  const stopped = kernel.stop()
  await turn()
  handling.resolve()
  assert.is((await settled).state, 'acked')
  await turn()
  await turn()
  assert.is(kernel.state, 'draining')
  call.resolve()
  assert.is(await stopped, 0)
})

ownWork(
  'what is not finished at the deadline is abandoned: it is said whose it was, and the exit code is 1',
  async () => {
    const clock = manualClock()
    const { adapter, work } = working('orders')
    const other = working('idle')
    const service = new Service({ adapters: [adapter, other.adapter], drainTimeout: 3_000 })
    const kernel = await started(service, { clock })
    const call = deferred()
    const result = work.track(() => call.promise)
    const records = logged('error')
    const stopped = kernel.stop()
    await clock.advance(2_999)
    assert.is(kernel.state, 'draining')
    await clock.advance(1_001)
    assert.is(await stopped, 1)
    quiet()
    assert.equal(
      records.map(({ message, fields }) => [message, fields.adapter]),
      [['orders still had unfinished work, such as calls or publishes, at the drain deadline', 'orders']],
    )
    assert.equal(adapter.calls, ['start', 'pause', 'close'])
    assert.is(clock.pending, 0)
    call.resolve()
    await result
  },
)

ownWork('a handler that ignores its signal does not hide it', async () => {
  const clock = manualClock()
  const { adapter, work } = working()
  const service = new Service({ drainTimeout: 3_000 }).on(
    adapter.source('stuck'),
    () => new Promise(() => {}),
  )
  const kernel = await started(service, { clock })
  adapter.send('stuck')
  void work.track(() => new Promise(() => {}))
  const records = logged('error')
  const stopped = kernel.stop()
  await clock.advance(4_000)
  assert.is(await stopped, 1)
  quiet()
  assert.match(JSON.stringify(records), /1 unfinished deliveries/)
  assert.match(JSON.stringify(records), /caller still had unfinished work/)
})

for (const way of ['throws', 'rejects'] as const) {
  ownWork(`an idle that ${way} strands no other, and the exit code is 1`, async () => {
    const failure = new Error('no idea')
    const idle = way === 'rejects' ? () => Promise.reject(failure) : () => thrown(failure)
    const broken: Adapter = Object.assign(fakeAdapter({ name: 'broken' }), { idle })
    const { adapter, work } = working()
    const kernel = await started(new Service({ adapters: [broken, adapter] }))
    const call = deferred()
    void work.track(() => call.promise)
    const records = logged('error')
    const stopped = kernel.stop()
    await turn()
    assert.is(kernel.state, 'draining')
    call.resolve()
    assert.is(await stopped, 1)
    quiet()
    assert.match(JSON.stringify(records), /no idea/)
    assert.equal(adapter.calls, ['start', 'pause', 'close'])
  })
}

ownWork('in flight: counts until the work has ended, and hands its failure on', async () => {
  const work = new InFlight()
  await work.idle()
  const [good, bad] = [deferred<number>(), deferred()]
  const results = [work.track(() => good.promise), failureOf(work.track(() => bad.promise))] as const
  assert.is(work.size, 2)
  let idle = false
  const waiting = work.idle().then(() => {
    idle = true
  })
  good.resolve(1)
  assert.is(await results[0], 1)
  await turn()
  assert.equal([work.size, idle], [1, false])
  bad.reject(new Error('broken'))
  assert.is((await results[1]).message, 'broken')
  await waiting
  assert.is(work.size, 0)
})

function thrown(error: Error): never {
  throw error
}

ownWork.run()
