import { Drop, Kernel, manualClock, Service } from 'tomodachi'
import { type Skipped, schedule, skipped, ticked } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Deferred, deferred } from '../kernel/fake-adapter.ts'
import { logged, quiet } from '../kernel/started.ts'
import { scene } from './scene.ts'

const overlap = suite('overlap')
overlap.before(quiet)
overlap.after.each(quiet)

/** Handlers that end when told. */
function held() {
  const runs: Deferred[] = []
  const handle = () => {
    const run = deferred()
    runs.push(run)
    return run.promise
  }
  return { runs, handle }
}

overlap('skip is the default: ticks during a run are left out, counted, logged and told', async () => {
  const records = logged('warning')
  const { runs, handle } = held()
  const { clock, kernel, timer, planned } = await scene((timer) => timer.every('10s'), { handle })
  const told: Skipped[] = []
  kernel.bus.on(skipped, (event) => void told.push(event))
  await clock.advance(35_000)
  assert.is(runs.length, 1)
  assert.is(timer.skipped, 2)
  assert.equal(
    told.map(({ firedAt, actor }) => [firedAt.toISOString(), actor.source.address]),
    [
      ['2017-06-15T10:17:10.000Z', 'every 10s UTC'],
      ['2017-06-15T10:17:20.000Z', 'every 10s UTC'],
    ],
  )
  runs[0]?.resolve()
  await clock.advance(5_000)
  assert.equal(planned(), ['2017-06-15T10:17:00Z', '2017-06-15T10:17:30Z'])
  assert.equal(
    records.map(({ message }) => message),
    [
      'a tick was skipped because the previous one is still running',
      'ticks were skipped while the handler ran',
    ],
  )
  assert.is(records[1]?.fields.skipped, 2)
  runs[1]?.resolve()
  await kernel.stop()
})

overlap('queue runs them afterwards, one after the other, with the moments of their plan', async () => {
  const { runs, handle } = held()
  const { clock, kernel, timer, planned } = await scene((timer) => timer.every('10s', { overlap: 'queue' }), {
    handle,
  })
  await clock.advance(30_000)
  assert.is(runs.length, 1)
  for (const expected of [2, 3, 3]) {
    runs.at(-1)?.resolve()
    await clock.advance(0)
    assert.is(runs.length, expected)
  }
  assert.equal(planned(), ['2017-06-15T10:17:00Z', '2017-06-15T10:17:10Z', '2017-06-15T10:17:20Z'])
  assert.is(timer.skipped, 0)
  await kernel.stop()
})

overlap('a queue keeps a thousand ticks, and handlers that end at once empty it', async () => {
  const first = deferred()
  let count = 0
  const { clock, kernel, timer } = await scene((timer) => timer.every('0.001s', { overlap: 'queue' }), {
    handle: () => (count++ === 0 ? first.promise : undefined),
  })
  await clock.advance(1_500)
  assert.is(count, 1)
  assert.is(timer.skipped, 499)
  first.resolve()
  await clock.advance(0)
  assert.is(count, 1_001)
  await kernel.stop()
})

overlap('allow runs them beside each other', async () => {
  const { runs, handle } = held()
  const { clock, kernel } = await scene((timer) => timer.every('10s', { overlap: 'allow' }), { handle })
  await clock.advance(30_000)
  assert.is(runs.length, 3)
  for (const run of runs) run.resolve()
  await kernel.stop()
})

overlap('allow keeps to the concurrency of its handler', async () => {
  const clock = manualClock(0)
  const { runs, handle } = held()
  const source = schedule({ clock, overlap: 'allow' }).every('1s')
  const service = new Service().on(source, handle, { concurrency: 2 })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await clock.advance(5_000)
  assert.is(runs.length, 2)
  const stopping = kernel.stop()
  for (let ended = 0; ended < 5; ended++) {
    await clock.advance(0)
    runs[ended]?.resolve()
  }
  assert.is(await stopping, 0)
})

overlap('a handler of one schedule does not hold up another', async () => {
  const clock = manualClock(0)
  const timer = schedule({ clock })
  const stuck = deferred()
  let count = 0
  const service = new Service()
    .on(timer.every('1s'), () => stuck.promise)
    .on(timer.every('1s'), () => void count++)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await clock.advance(5_000)
  assert.is(count, 5)
  stuck.resolve()
  await kernel.stop()
})

overlap('a handler that throws is logged as an error, and the schedule goes on', async () => {
  const records = logged('error')
  let count = 0
  const { clock, kernel, ticks, timer } = await scene((timer) => timer.every('1s'), {
    handle: () => {
      count++
      if (count === 1) throw new Error('at once')
      if (count === 2) return Promise.reject(new Error('later'))
      if (count === 3) throw new Drop('not today')
    },
  })
  await clock.advance(4_000)
  assert.is(ticks.length, 4)
  assert.is(timer.skipped, 0)
  assert.equal(
    records.map(({ message, fields }) => [message, fields.transport, (fields.error as Error).message]),
    [
      ['handler failed', 'schedule', 'at once'],
      ['handler failed', 'schedule', 'later'],
      ['handler failed', 'schedule', 'not today'],
    ],
  )
  assert.is(await kernel.stop(), 0)
})

overlap('a handler that is always too slow warns once a while, with a count', async () => {
  const records = logged('warning')
  const clock = manualClock()
  const timer = schedule({ clock })
  const service = new Service().on(
    timer.every('1ms'),
    () => new Promise<void>((done) => void clock.setTimeout(done, 5)),
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await clock.advance(25_000)
  assert.ok(timer.skipped > 10_000)
  const stopping = kernel.stop()
  await clock.advance(10)
  assert.is(await stopping, 0)
  const counts = records.map(({ fields }) => Number(fields.skipped ?? 0))
  assert.ok(records.length <= 8, `${records.length} warnings`)
  assert.is(
    counts.reduce((sum, count) => sum + count, 0),
    timer.skipped,
    'every skipped tick is counted',
  )
})

overlap('a queue that is full warns once a while', async () => {
  const records = logged('warning')
  const { clock, kernel } = await scene((timer) => timer.every('1ms', { overlap: 'queue' }), {
    handle: () => new Promise<void>((done) => void clock.setTimeout(done, 5)),
  })
  await clock.advance(15_000)
  assert.ok(records.length <= 4, `${records.length} warnings`)
  const stopping = kernel.stop()
  await clock.advance(10)
  await stopping
})

overlap('a process that is always late warns of missed ticks once a while, with a count', async () => {
  const records = logged('warning')
  const { clock, kernel, ticks } = await scene((timer) => timer.every('1ms', { overlap: 'allow' }))
  for (let times = 0; times < 2_500; times++) {
    clock.block(10)
    await clock.advance(0)
  }
  assert.is(ticks.length, 2_500)
  assert.equal(
    records.map(({ fields }) => fields.times),
    [undefined, 1_000, 1_000],
  )
  await kernel.stop()
})

overlap('each run is told of as it begins, with how late it is', async () => {
  const { runs, handle } = held()
  const { clock, kernel } = await scene((timer) => timer.every('10s', { overlap: 'queue' }), { handle })
  const told: number[] = []
  kernel.bus.on(ticked, ({ lateness }) => void told.push(lateness))
  await clock.advance(23_000)
  assert.equal(told, [0])
  runs[0]?.resolve()
  await clock.advance(0)
  assert.equal(told, [0, 3_000])
  runs[1]?.resolve()
  await kernel.stop()
})

overlap.run()
