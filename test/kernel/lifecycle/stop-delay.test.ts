// A stop that begins with a delay: everything goes on, but the service is not ready any more.
import { hasCode, manualClock, Service, type ServiceOptions } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, logged, quiet, started, thrownBy } from '../started.ts'

quiet()
const delay = suite('a stop with a delay')

/** A service that has been asked to stop, on a clock that stands still. */
async function leaving(options: ServiceOptions) {
  const [clock, adapter] = [manualClock(), fakeAdapter()]
  const work = deferred()
  const service = new Service({ stopDelay: '5s', ...options }).on(adapter.source('work'), () => work.promise)
  const kernel = await started(service, { clock })
  const stopped = kernel.stop()
  await turn()
  return { kernel, adapter, clock, work, stopped }
}

delay('work is accepted until the delay is over; the hook onStopping is told at once', async () => {
  const told: string[] = []
  const records = logged('info')
  const { kernel, adapter, clock, work, stopped } = await leaving({
    onStopping: ({ kernel: { state, ready } }) => void told.push(state, String(ready)),
  })
  quiet()
  assert.equal(told, ['leaving', 'false'])
  assert.equal([kernel.state, kernel.ready, adapter.calls], ['leaving', false, ['start']])
  assert.equal(records.map(({ message, fields }) => [message, fields.milliseconds]).at(-1), [
    'not ready any more; work is still accepted',
    5_000,
  ])
  await clock.advance(4_999)
  const { settled } = adapter.send('work')
  assert.is(kernel.state, 'leaving')
  await clock.advance(1)
  assert.equal([kernel.state, adapter.calls], ['draining', ['start', 'pause']])
  work.resolve()
  assert.is((await settled).state, 'acked')
  assert.is(await stopped, 0)
  assert.is(told.length, 2)
})

delay('the delay is a part of drainTimeout: work is given back no later than without it', async () => {
  const { kernel, adapter, clock, stopped } = await leaving({ drainTimeout: '8s' })
  const { settled } = adapter.send('work')
  await clock.advance(7_999)
  assert.is(kernel.state, 'draining')
  await clock.advance(1)
  assert.is((await settled).state, 'released')
  await clock.advance(2_000)
  assert.is(await stopped, 1)
})

delay('a stop with another code than 0 begins at once, as that after an uncaught error', async () => {
  const [clock, adapter] = [manualClock(), fakeAdapter()]
  const kernel = await started(new Service({ stopDelay: '5s', adapters: [adapter] }), { clock })
  assert.is(await kernel.stop(1), 1)
  assert.is(clock.now(), 0)
})

delay('a second stop changes the exit code only, and force ends it at once', async () => {
  const { kernel, work, clock, stopped } = await leaving({})
  void kernel.stop(7)
  await turn()
  assert.is(kernel.state, 'leaving')
  kernel.force(143)
  assert.is(await stopped, 143)
  work.resolve()
  assert.is(clock.pending, 0)
})

delay('a hook that fails meanwhile makes the exit code 1, and the delay goes on', async () => {
  const { kernel, work, clock, stopped } = await leaving({
    onStopping: () => Promise.reject(new Error('cannot say goodbye')),
  })
  work.resolve()
  assert.is(kernel.state, 'leaving')
  await clock.advance('5s')
  assert.is(await stopped, 1)
})

delay('nobody sends work to what has not started: a stop meanwhile begins at once', async () => {
  const [clock, start] = [manualClock(), deferred()]
  const adapter = fakeAdapter({ on: { start: () => start.promise } })
  const service = new Service({
    adapters: [adapter],
    stopDelay: '5s',
    onStart: ({ kernel }) => void kernel.stop().catch(() => {}),
  })
  const failure = await failureOf(started(service, { clock }))
  assert.ok(hasCode(failure, 'STOPPED_WHILE_STARTING'))
  assert.is(clock.now(), 0)
})

delay('of several services the longest delay counts', async () => {
  const [clock, adapter] = [manualClock(), fakeAdapter()]
  const services = [1, 3, 0].map(
    (seconds) => new Service({ name: `${seconds}`, adapters: [adapter], stopDelay: seconds * 1_000 }),
  )
  const kernel = await started(services, { clock })
  const stopped = kernel.stop()
  await clock.advance(2_999)
  assert.is(kernel.state, 'leaving')
  await clock.advance(1)
  assert.is(await stopped, 0)
})

delay('a delay that leaves no time for work is refused', async () => {
  for (const [options, sentence] of [
    [{ stopDelay: '25s' }, 'Service.stopDelay must be shorter than drainTimeout, which is 25000, not 25000'],
    [{ stopDelay: 2_000, drainTimeout: '1s' }, 'must be shorter than drainTimeout, which is 1000, not 2000'],
    [{ stopDelay: -1 }, 'stopDelay must be a duration'],
    [{ stopDelay: 'soon' }, 'stopDelay must be a duration'],
  ] as const) {
    const failure = await thrownBy(() => new Service(options as never))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.ok(failure.message.includes(sentence), failure.message)
  }
  new Service({ drainTimeout: 0 })
  new Service({ stopDelay: '1m', drainTimeout: Number.POSITIVE_INFINITY })
})

delay.run()
