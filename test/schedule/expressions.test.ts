// coverage: none
import fc from 'fast-check'
import { type Schedule, type ScheduleSource, schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet } from '../kernel/started.ts'
import { rounds } from '../rounds.ts'
import { passTo, scene } from './scene.ts'

const expressions = suite('expressions and intervals')
expressions.before(quiet)

/** The first ticks after 2026-01-01, a Thursday. */
async function first(
  count: number,
  sourceOf: (timer: Schedule) => ScheduleSource,
  step: number,
): Promise<string[]> {
  const { clock, kernel, planned } = await scene(sourceOf, { now: '2026-01-01T00:00:00Z', overlap: 'allow' })
  for (let at = clock.now(); planned().length < count; at += step) await passTo(clock, at + step)
  await kernel.stop()
  return planned().slice(0, count)
}

const minute = 60_000
const day = 24 * 60 * minute

for (const [expression, same] of [
  ['0-30/5,30-59/10 * * * *', '0,5,10,15,20,25,30,40,50 * * * *'],
  ['1-5,3 * * * *', '1-5 * * * *'],
  ['3,1-5 * * * *', '1-5 * * * *'],
  ['*,5 * * * *', '* * * * *'],
  ['*/20,*/30 * * * *', '0,20,30,40 * * * *'],
  ['05,5,5 * * * *', '5 * * * *'],
  ['0-20/10,10-40/10 * * * * *', '0,10,20,30,40 * * * * *'],
] as const) {
  expressions(`cron('${expression}') is cron('${same}')`, async () => {
    const step = expression.split(' ').length === 6 ? 1_000 : minute
    const [one, other] = await Promise.all(
      [expression, same].map((text) => first(12, (timer) => timer.cron(text), step)),
    )
    assert.equal(one, other)
  })
}

for (const [expression, same] of [
  ['0 8-12,10-14 * * *', '0 8-14 * * *'],
  ['0 0 1-5,3-7,31 * *', '0 0 1-7,31 * *'],
  ['0 0 L,31,L * *', '0 0 31,L * *'],
  ['0 0 1 jan-mar,FEB,3-5 *', '0 0 1 1-5 *'],
  ['0 0 * * 0,7', '0 0 * * 0'],
  ['0 0 * * sun,7,mon,1', '0 0 * * 0,1'],
  ['0 0 * * 5-7,0,sat', '0 0 * * 0,5,6'],
  ['0 0 * * fri-sun', '0 0 * * 5-7'],
  ['0 0 * * sun-sun', '0 0 * * 0'],
  // An asterisk in one field of days: the other counts alone.
  ['0 0 *,5 * mon', '0 0 * * mon'],
  ['0 0 13 * *,fri', '0 0 13 * *'],
  ['0 0 13,13 * fri,5', '0 0 13 * fri'],
  ['@midnight', '0 0 * * *'],
] as const) {
  expressions(`cron('${expression}') is cron('${same}')`, async () => {
    const [one, other] = await Promise.all(
      [expression, same].map((text) => first(6, (timer) => timer.cron(text), day / 24)),
    )
    assert.equal(one, other)
  })
}

expressions('lists of any ranges: each value once, and no other', async () => {
  const value = fc.integer({ min: 0, max: 59 })
  const element = fc.oneof(
    value.map((at) => ({ text: `${at}`, has: (minute: number) => minute === at })),
    fc.tuple(value, value, fc.integer({ min: 1, max: 20 })).map(([one, other, step]) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)]
      const has = (minute: number) => minute >= low && minute <= high && (minute - low) % step === 0
      return { text: `${low}-${high}${step > 1 ? `/${step}` : ''}`, has }
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(element, { minLength: 2, maxLength: 6 }), async (list) => {
      const text = `${list.map(({ text }) => text).join(',')} * * * *`
      const { clock, kernel, planned } = await scene((timer) => timer.cron(text), {
        now: '2025-12-31T23:59:59Z',
      })
      await clock.advance(60 * minute)
      await kernel.stop()
      const minutes = Array.from({ length: 60 }, (_, minute) => minute)
      assert.equal(
        planned().map((iso) => Number(iso.slice(14, 16))),
        minutes.filter((minute) => list.some(({ has }) => has(minute))),
        text,
      )
    }),
    { numRuns: rounds(40, 10) },
  )
})

for (const [interval, seconds] of [
  ['500ms', 0.5],
  ['250 milliseconds', 0.25],
  ['1.5s', 1.5],
  ['2 second', 2],
  ['90 seconds', 90],
  ['90 secs', 90],
  ['5 min', 300],
  ['2hrs 30mins', 9_000],
  ['5m', 300],
  ['5 Minutes', 300],
  ['every 5 minutes', 300],
  ['60m', 3_600],
  ['1.5h', 5_400],
  ['1h30m', 5_400],
  ['1h 30m', 5_400],
  ['1 minute and 5 seconds', 65],
  ['2 hours, 30 minutes', 9_000],
  ['2d', 172_800],
  ['2 weeks', 1_209_600],
] as const) {
  expressions(`every('${interval}') counts ${seconds} s from the start`, async () => {
    const { clock, kernel, ticks } = await scene((timer) => timer.every(interval))
    const startedAt = clock.now()
    await passTo(clock, startedAt + seconds * 1_000 - 1)
    assert.is(ticks.length, 0)
    await clock.advance(1)
    assert.is(Date.parse(ticks[0]?.firedAt ?? ''), startedAt + seconds * 1_000)
    assert.is(ticks[0]?.interval, interval)
    await kernel.stop()
  })
}

/** The list of the Python library, tomodachi/transport/schedule.py. */
const named = {
  '@secondly': 'second, 1s, 1 s, 1second, 1 second, secondly, every second, once per second',
  '@minutely': 'minute, 1m, 1 m, 1minute, 1 minute, minutely, every minute, once per minute',
  '@hourly': 'hour, 1h, 1 h, 1hour, 1 hour, hourly, every hour, once per hour',
  '@daily': 'day, 1d, 1 d, 1day, 1 day, daily, nightly, every day, once per day',
  '@monthly': 'month, 1month, 1 month, monthly, every month, once per month',
  '@yearly': 'year, 1y, 1 y, 1year, 1 year, yearly, annually, every year, once per year',
  '0 0 * * 1':
    'monday, mondays, mon, every monday, once per monday, week, weekly, every week, once per week, 1 week, 1w',
  '0 0 * * 2': 'tuesday, tuesdays, tue, every tuesday, once per tuesday',
  '0 0 * * 3': 'wednesday, wednesdays, wed, every wednesday, once per wednesday',
  '0 0 * * 4': 'thursday, thursdays, thu, every thursday, once per thursday',
  '0 0 * * 5': 'friday, fridays, fri, every friday, once per friday',
  '0 0 * * 6': 'saturday, saturdays, sat, every saturday, once per saturday',
  '0 0 * * 0': 'sunday, sundays, sun, every sunday, once per sunday',
  '0 0 * * 1-5': 'weekday, weekdays, every weekday',
  '0 0 * * 0,6': 'weekend, weekends, every weekend',
}

for (const [expression, names] of Object.entries(named)) {
  expressions(`every(${names}) is cron('${expression}'), in upper case too`, async () => {
    const all = names.split(', ').flatMap((name) => [name, name.toUpperCase()])
    const { clock, kernel, planned } = await scene((timer) => timer.cron(expression), {
      now: '2026-01-01T00:00:00Z',
    })
    for (let at = clock.now(); planned().length === 0; at += day) await passTo(clock, at + day)
    await kernel.stop()
    for (const name of all) {
      const moment = Date.parse(planned()[0] as string)
      const { clock, kernel, ticks } = await scene((timer) => timer.every(name), {
        now: '2026-01-01T00:00:00Z',
      })
      await passTo(clock, moment - 1)
      assert.is(ticks.length, 0, name)
      await clock.advance(1)
      assert.is(ticks.length, 1, name)
      await kernel.stop()
    }
  })
}

expressions('a list is named as it was written', () => {
  assert.is(schedule({ timezone: 'UTC' }).cron('1-5,3 * * * *').address, '1-5,3 * * * * UTC')
})

expressions.run()
