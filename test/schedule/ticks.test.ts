import { Kernel, manualClock, Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logged, quiet } from '../kernel/started.ts'
import { isoOf, passTo, scene } from './scene.ts'

const ticks = suite('ticks')
ticks.before(quiet)
ticks.after.each(quiet)

/** Seconds after the start at which each tick was planned. */
const seconds = (planned: readonly string[]) =>
  planned.map((iso) => (Date.parse(iso) - Date.parse('2017-06-15T10:16:50Z')) / 1_000)

ticks('an interval counts from the start, and the handler is told when and of what', async () => {
  const { clock, kernel, ticks } = await scene((timer) => timer.every('5s'))
  await clock.advance(10_000)
  assert.equal(ticks, [
    { firedAt: '2017-06-15T10:16:55Z', at: '2017-06-15T10:16:55Z', interval: '5s' },
    { firedAt: '2017-06-15T10:17:00Z', at: '2017-06-15T10:17:00Z', interval: '5s' },
  ])
  await kernel.stop()
})

ticks('fractions of a second work, to the millisecond', async () => {
  const { clock, kernel, planned } = await scene((timer) => timer.every('0.25s'))
  await clock.advance(1_000)
  assert.equal(seconds(planned()), [0.25, 0.5, 0.75, 1])
  await kernel.stop()
})

for (const [name, expected] of [
  ['heartbeat', ['2017-06-15T10:16:51Z', '2017-06-15T10:16:52Z']],
  ['minutely', ['2017-06-15T10:17:00Z', '2017-06-15T10:18:00Z']],
  ['hourly', ['2017-06-15T11:00:00Z', '2017-06-15T12:00:00Z']],
  ['daily', ['2017-06-16T00:00:00Z', '2017-06-17T00:00:00Z']],
  ['monthly', ['2017-07-01T00:00:00Z', '2017-08-01T00:00:00Z']],
] as const) {
  ticks(`${name}() ticks when its name says`, async () => {
    const { clock, kernel, planned } = await scene((timer) => timer[name]())
    for (const moment of expected) await passTo(clock, Date.parse(moment))
    assert.equal(planned(), expected)
    await kernel.stop()
  })
}

ticks('a time of the day comes every day, a date once', async () => {
  const daily = await scene((timer) => timer.at('10:16:55'))
  await daily.clock.advance(2 * 86_400_000)
  assert.equal(daily.planned(), ['2017-06-15T10:16:55Z', '2017-06-16T10:16:55Z'])
  await daily.kernel.stop()
  for (const date of ['2017-06-15 10:16:55', '2017-06-15T12:16:55+02:00', new Date('2017-06-15T10:16:55Z')]) {
    const once = await scene((timer) => timer.at(date))
    await once.clock.advance(2 * 86_400_000)
    assert.equal(once.planned(), ['2017-06-15T10:16:55Z'])
    await once.kernel.stop()
  }
})

ticks('a date that has passed never comes, which is logged, and the service stays', async () => {
  const records = logged('warning')
  const { clock, kernel, planned } = await scene((timer) => timer.at('2016-01-01 00:00'))
  assert.match(JSON.stringify(records), /the time of this schedule has passed.*at 2016-01-01 00:00/)
  await clock.advance(200_000)
  assert.equal(planned(), [])
  assert.is(clock.pending, 1, 'a timer keeps the process alive')
  await kernel.stop()
})

ticks('six cron fields begin with seconds', async () => {
  const { clock, kernel, planned } = await scene((timer) => timer.cron('*/20 * * * * *'))
  await clock.advance(50_000)
  assert.equal(seconds(planned()), [10, 30, 50])
  await kernel.stop()
})

ticks('with immediately, there is a tick at the start, and then by the plan', async () => {
  for (const [interval, expected] of [
    ['60s', [0, 60, 120]],
    ['* * * * *', [0, 10, 70]],
  ] as const) {
    const { clock, kernel, planned } = await scene((timer) => timer.every(interval, { immediately: true }))
    await clock.advance(120_000)
    assert.equal(seconds(planned()), expected)
    await kernel.stop()
  }
})

ticks('options of the adapter hold for its schedules, unless they say otherwise', async () => {
  const { clock, kernel, planned } = await scene((timer) => timer.every('60s'), { immediately: true })
  assert.equal(seconds(planned()), [0])
  await kernel.stop()
  const timezone = 'Europe/Stockholm'
  const there = await scene((timer) => timer.at('13:00'), { timezone })
  const here = await scene((timer) => timer.at('13:00', { timezone: '+05:30' }), { timezone })
  for (const each of [there, here]) await each.clock.advance(86_400_000)
  assert.equal(there.planned(), ['2017-06-15T11:00:00Z'])
  assert.equal(here.planned(), ['2017-06-16T07:30:00Z'])
  await there.kernel.stop()
  await here.kernel.stop()
  assert.is(clock.pending, 0)
})

ticks('handlers that take their time, and late timers, do not make it drift', async () => {
  const { clock, kernel, planned, ticks } = await scene((timer) => timer.every('1s', { overlap: 'allow' }), {
    handle: () => clock.block(7),
  })
  await clock.advance(100_000)
  assert.ok(ticks.length > 90)
  assert.ok(ticks.every(({ firedAt, at }) => Date.parse(at) - Date.parse(firedAt) < 1_000))
  assert.ok(seconds(planned()).every((second) => Number.isInteger(second)))
  await kernel.stop()
})

for (const interval of ['10s', '*/10 * * * * *']) {
  ticks(`what a suspended process has missed of ${interval} runs once, then by the plan`, async () => {
    const records = logged('warning')
    const { clock, kernel, planned } = await scene((timer) => timer.every(interval))
    await clock.advance(10_000)
    clock.block(3_600_000)
    await clock.advance(25_000)
    assert.equal(seconds(planned()), [10, 20, 3_620, 3_630])
    assert.match(JSON.stringify(records), /ticks were missed, one makes up for them/)
    assert.is(records.length, 1)
    await kernel.stop()
  })
}

ticks('a process that wakes up finds within a minute what fell due, however far it was planned', async () => {
  const { clock, kernel, ticks } = await scene((timer) => timer.at('2017-06-15 20:00'))
  await clock.advance(1_000)
  clock.block(12 * 3_600_000)
  await clock.advance(60_000)
  assert.is(ticks.length, 1)
  assert.is(ticks[0]?.firedAt, '2017-06-15T20:00:00Z')
  await kernel.stop()
})

ticks('waits may be longer than a timer holds', async () => {
  const wait = 2 ** 31 / 1_000 + 5
  const { clock, kernel, planned } = await scene((timer) => timer.every(`${wait}s`))
  await clock.advance(wait * 1_000 - 1)
  assert.equal(planned(), [])
  await clock.advance(1)
  assert.equal(seconds(planned()), [wait])
  await kernel.stop()
})

ticks('many schedules share one timer, and each ticks at its time', async () => {
  const clock = manualClock(0)
  const timer = schedule({ clock })
  const service = new Service()
  const counts = new Map<number, number>()
  for (let index = 0; index < 1_000; index++) {
    const milliseconds = 500 + ((index * 7_919) % 1_000)
    service.on(timer.every(`${milliseconds}ms`), ({ firedAt }) => {
      assert.is(firedAt.getTime() % milliseconds, 0)
      assert.is(firedAt.getTime(), clock.now())
      counts.set(milliseconds, (counts.get(milliseconds) ?? 0) + 1)
    })
  }
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  assert.is(clock.pending, 1)
  await clock.advance(3_000)
  await kernel.stop()
  assert.is(counts.size, 1_000)
  for (const [milliseconds, count] of counts) assert.is(count, Math.floor(3_000 / milliseconds))
})

ticks('one source may have several handlers', async () => {
  const clock = manualClock(0)
  const source = schedule({ clock }).every('1s')
  const seen: string[] = []
  const service = new Service()
    .on(source, ({ firedAt }) => void seen.push(`first ${isoOf(firedAt.getTime())}`))
    .on(source, ({ firedAt }) => void seen.push(`second ${isoOf(firedAt.getTime())}`))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await clock.advance(1_000)
  assert.equal(seen.sort(), ['first 1970-01-01T00:00:01Z', 'second 1970-01-01T00:00:01Z'])
  await kernel.stop()
})

ticks.run()
