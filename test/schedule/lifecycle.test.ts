import { readFileSync } from 'node:fs'
import { Kernel, manualClock, Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, turn } from '../kernel/fake-adapter.ts'
import { failureOf, logged, quiet, started } from '../kernel/started.ts'
import { scene } from './scene.ts'

const lifecycle = suite('schedules in the lifecycle')
lifecycle.before(quiet)
lifecycle.after.each(quiet)

lifecycle('ticks begin when the onStarted hooks are through, in the recorded order', async () => {
  const clock = manualClock()
  const timer = schedule({ clock })
  const journal: string[] = []
  const sleep = (milliseconds: number) =>
    new Promise<void>((resolve) => void clock.setTimeout(resolve, milliseconds))
  const service = new Service({
    async onStart() {
      journal.push('_start_service')
      await sleep(2_000)
    },
    async onStarted() {
      await sleep(20_000)
      journal.push('_started_service')
    },
    onStopping: () => void journal.push('_stopping_service'),
    onStop: () => void journal.push('_stop_service'),
  }).on(
    timer.every('5 seconds', { immediately: true }),
    ({ service }) => {
      journal.push('every_fifth_second')
      assert.is(service.name, 'service')
    },
    { name: 'every_fifth_second' },
  )
  const starting = started(service)
  await clock.advance(2_000)
  await clock.advance(19_999)
  assert.equal(journal, ['_start_service'])
  await clock.advance(1)
  const kernel = await starting
  await clock.advance(6_000)
  journal.push('stop_service')
  await kernel.stop()
  const { orders } = JSON.parse(
    readFileSync(new URL('../fixtures/lifecycle.json', import.meta.url), 'utf8'),
  ) as { orders: { case: string; order?: string[] }[] }
  const recorded = orders.find((entry) => entry.case.startsWith("@schedule('5 seconds'"))
  assert.equal(
    journal.filter((entry) => entry !== '_stopping_service'),
    recorded?.order?.filter((entry) => entry !== '_stopping_service'),
  )
  assert.is(clock.pending, 0)
})

lifecycle('the kernel is started when the first tick comes', async () => {
  const states: string[] = []
  const timer = schedule()
  const service = new Service().on(
    timer.every('60s', { immediately: true }),
    () => void states.push(kernel.state),
  )
  const kernel = new Kernel([service], { ownsProcess: false })
  await kernel.start()
  assert.equal(states, ['started'])
  await kernel.stop()
})

lifecycle('nothing ticks when a stop comes before, or an onStarted hook throws', async () => {
  for (const onStarted of [() => Promise.reject(new Error('no')), (kernel: Kernel) => void kernel.stop()]) {
    const clock = manualClock()
    let count = 0
    const service: Service = new Service({ onStarted: () => onStarted(kernel) }).on(
      schedule({ clock, immediately: true }).every('1s'),
      () => void count++,
    )
    const kernel: Kernel = new Kernel([service], { ownsProcess: false })
    await failureOf(kernel.start())
    await clock.advance(5_000)
    assert.is(count, 0)
    assert.is(clock.pending, 0)
  }
})

lifecycle('at stop no tick starts, and one that runs is awaited', async () => {
  const run = deferred()
  const { clock, kernel, ticks } = await scene((timer) => timer.every('1s', { overlap: 'allow' }), {
    handle: () => run.promise,
  })
  await clock.advance(1_000)
  let stopped = false
  const stopping = kernel.stop().then((code) => {
    stopped = true
    return code
  })
  await clock.advance(10_000)
  assert.is(ticks.length, 1)
  assert.not(stopped)
  assert.is(kernel.state, 'draining')
  run.resolve()
  assert.is(await stopping, 0)
  assert.is(clock.pending, 0)
})

lifecycle('ticks that are queued at stop do not run, which is logged', async () => {
  const records = logged('warning')
  const run = deferred()
  const { clock, kernel, ticks } = await scene((timer) => timer.every('1s', { overlap: 'queue' }), {
    handle: () => run.promise,
  })
  await clock.advance(4_000)
  const stopping = kernel.stop()
  await turn()
  run.resolve()
  assert.is(await stopping, 0)
  assert.is(ticks.length, 1)
  assert.equal(
    records.map(({ message, fields }) => [message, fields.ticks]),
    [['queued ticks will not run', 3]],
  )
})

lifecycle('what the drain deadline cuts off is told by its signal and by the exit code', async () => {
  const records = logged('warning')
  const clock = manualClock()
  let aborted = false
  const service = new Service({ drainTimeout: 20 }).on(schedule({ clock }).every('1s'), ({ signal }) => {
    const { promise, resolve } = deferred()
    signal.addEventListener('abort', () => {
      aborted = true
      resolve()
    })
    return promise
  })
  const kernel = await started(service)
  await clock.advance(1_000)
  assert.is(await kernel.stop(), 1)
  assert.ok(aborted)
  assert.ok(records.some(({ message }) => message === 'the run was cut off'))
})

lifecycle('a handler may stop its own service', async () => {
  const { clock, kernel, ticks } = await scene((timer) => timer.every('1s', { overlap: 'allow' }), {
    handle: () => void kernel.stop(),
  })
  await clock.advance(5_000)
  assert.is(await kernel.stopped, 0)
  assert.is(ticks.length, 1)
})

lifecycle('an adapter can be started again, and then counts anew', async () => {
  const clock = manualClock()
  const timer = schedule({ clock })
  const seen: number[] = []
  const service = new Service().on(timer.every('10s'), ({ firedAt }) => void seen.push(firedAt.getTime()))
  for (let times = 0; times < 2; times++) {
    const kernel = await started(service)
    await clock.advance(15_000)
    assert.is(kernel.adapterContexts().schedule?.totalTasks, 1)
    await kernel.stop()
  }
  assert.equal(seen, [10_000, 25_000])
})

lifecycle('middleware of the adapter adds to what its handlers are given', async () => {
  const clock = manualClock()
  const timer = schedule({ clock }).use(({ firedAt }, next) => next({ day: firedAt.getDate() }))
  const seen: unknown[] = []
  const service = new Service().on(timer.every('1s'), ({ day, interval }) => void seen.push([day, interval]))
  const kernel = await started(service)
  await clock.advance(1_000)
  assert.equal(seen, [[new Date(1_000).getDate(), '1s']])
  await kernel.stop()
})

lifecycle.run()
