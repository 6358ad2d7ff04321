import { type Clock, Kernel, manualClock, Service } from 'tomodachi'
import { type Schedule, type ScheduleSource, schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logged, quiet, started } from '../kernel/started.ts'
import { isoOf, scene } from './scene.ts'

const minute = 60_000
const hour = 60 * minute

const changed = suite('a clock that is set')
changed.before(quiet)
changed.after.each(quiet)

/** What is planned before and after the clock is set, as times of the day, with the day where it is another one. */
async function around(
  sourceOf: (timer: Schedule) => ScheduleSource,
  { now, before, by, after }: { now: string; before: number; by: number; after: number },
): Promise<string[]> {
  const { clock, kernel, planned } = await scene(sourceOf, { now: `2026-06-15T${now}Z` })
  await clock.advance(before)
  clock.set(clock.now() + by)
  await clock.advance(after)
  await kernel.stop()
  return planned().map((iso) =>
    iso
      .replace('2026-06-15T', '')
      .replace(/^2026-06-(\d+)T/, '$1 ')
      .replace(/Z$/, ''),
  )
}

for (const [name, back, expected] of [
  ['an hour', hour, ['10:00:00', '09:01:00', '09:02:00', '09:03:00']],
  ['two minutes', 2 * minute, ['10:00:00', '09:59:00', '10:00:00', '10:01:00']],
  ['a day', 24 * hour, ['10:00:00', '14 10:01:00', '14 10:02:00', '14 10:03:00']],
] as const) {
  changed(`back by ${name}: what comes every minute goes on by the new time`, async () => {
    const times = { now: '09:59:30', before: minute, by: -back, after: 3 * minute }
    assert.equal(await around((timer) => timer.minutely(), times), expected)
    assert.equal(await around((timer) => timer.cron('* * * * *'), times), expected)
    assert.equal(await around((timer) => timer.cron('*/1 0-23 * * *'), times), expected)
  })
}

changed('back by an hour: what comes every hour is due again when the clock shows it', async () => {
  const times = { now: '09:30:00', before: 35 * minute, by: -hour, after: 2 * hour }
  assert.equal(await around((timer) => timer.hourly(), times), ['10:00:00', '10:00:00', '11:00:00'])
})

changed('back by seconds: no hour comes twice, and seconds go on', async () => {
  const times = { now: '09:59:58', before: 3_500, by: -5_000, after: hour + minute }
  assert.equal(await around((timer) => timer.hourly(), times), ['10:00:00', '11:00:00'])
  assert.equal(await around((timer) => timer.cron('* * * * * *'), { ...times, after: 4_000 }), [
    ...['09:59:59', '10:00:00', '10:00:01'],
    ...['09:59:57', '09:59:58', '09:59:59', '10:00:00'],
  ])
})

for (const source of [
  (timer: Schedule) => timer.at('10:00'),
  (timer: Schedule) => timer.cron('0 10 * * *'),
  (timer: Schedule) => timer.cron('0 9,10 * * *'),
]) {
  changed('back by three hours at most: what came at its time of the day does not come twice', async () => {
    for (const by of [-2 * hour, -3 * hour]) {
      const times = { now: '09:30:00', before: hour, by, after: 4 * hour }
      assert.equal(await around(source, times), ['10:00:00'])
    }
  })
}

changed('back by less than three hours: a time that has not come yet does', async () => {
  // The service was started after ten, by a clock that was an hour ahead.
  const times = { now: '10:30:00', before: 10 * minute, by: -hour, after: hour }
  assert.equal(await around((timer) => timer.at('10:00'), times), ['10:00:00'])
  assert.equal(await around((timer) => timer.at('2026-06-15 10:00'), times), ['10:00:00'])
})

changed('back by more than three hours: the new time counts', async () => {
  const times = { now: '09:30:00', before: hour, by: -4 * hour, after: 4 * hour }
  assert.equal(await around((timer) => timer.at('10:00'), times), ['10:00:00', '10:00:00'])
  assert.equal(await around((timer) => timer.at('2026-06-15 10:00'), times), ['10:00:00'], 'once is once')
})

changed('back by a day at boot: the calendar is that of the new day', async () => {
  const times = { now: '09:59:00', before: 10_000, by: -24 * hour, after: 3 * minute }
  assert.equal(await around((timer) => timer.cron('0 10 * * *'), times), ['14 10:00:00'])
})

changed('back by a day, and then by seconds: what the wrong clock has brought does not count', async () => {
  const { clock, kernel, planned } = await scene((timer) => timer.at('10:00'), {
    now: '2026-06-15T09:59:00Z',
  })
  await clock.advance(2 * minute)
  clock.set(clock.now() - 24 * hour - 2 * minute)
  await clock.advance(30_000)
  clock.set(clock.now() - 5_000)
  await clock.advance(2 * minute)
  await kernel.stop()
  assert.equal(planned(), ['2026-06-15T10:00:00Z', '2026-06-14T10:00:00Z'])
})

changed('forward: what was skipped comes once', async () => {
  const times = { now: '09:30:00', before: minute, by: 2 * hour, after: 2 * minute }
  assert.equal(await around((timer) => timer.at('10:00'), times), ['10:00:00'])
  assert.equal(await around((timer) => timer.cron('*/30 * * * *'), times), ['10:00:00'])
  assert.equal((await around((timer) => timer.minutely(), times)).slice(0, 3), [
    '09:31:00',
    '09:32:00',
    '11:33:00',
  ])
})

for (const by of [-24 * hour, -hour, -2_000, 2_000, hour, 24 * hour]) {
  changed(`intervals do not care that it is set by ${by / 1_000} s`, async () => {
    const { clock, kernel, ticks } = await scene((timer) => timer.every('10s'))
    await clock.advance(15_000)
    clock.set(clock.now() + by)
    await clock.advance(30_000)
    await kernel.stop()
    assert.is(ticks.length, 4)
    for (const { firedAt, at } of ticks) assert.is(firedAt, at)
  })
}

changed('it is logged that it was put back, once', async () => {
  const records = logged('warning')
  const { clock, kernel } = await scene((timer) => timer.minutely())
  clock.set(clock.now() - hour)
  await clock.advance(3 * minute)
  await kernel.stop()
  assert.equal(
    records.map(({ message, fields }) => [message, fields.milliseconds]),
    [['the clock was put back', hour]],
  )
})

changed(
  'a process that stood still for hours has one tick of each schedule to make up for, and one warning',
  async () => {
    const records = logged('warning')
    const clock = manualClock(Date.parse('2026-06-15T00:00:00Z'))
    const timer = schedule({ clock, timezone: 'UTC', overlap: 'allow' })
    const counts = [0, 0, 0]
    const service = new Service()
    for (const [index, source] of [timer.every('1s'), timer.minutely(), timer.hourly()].entries())
      service.on(source, () => {
        counts[index] = (counts[index] as number) + 1
      })
    const kernel = await started(service)
    clock.block(5 * hour)
    await clock.advance(0)
    assert.equal(counts, [1, 1, 1])
    assert.is(records.length, 1)
    await kernel.stop()
  },
)

/** A clock as programs had it that knew of no other time than that of the wall. */
function wallClockOnly(
  start: number,
): Clock & { shift(by: number): void; advance(ms: number): Promise<void> } {
  const clock = manualClock(start)
  let shifted = 0
  return {
    now: () => clock.now() + shifted,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    advance: clock.advance,
    shift: (by) => {
      shifted += by
    },
  }
}

changed('a clock of your own need not have a monotonic time', async () => {
  const clock = wallClockOnly(Date.parse('2026-06-15T10:00:00Z'))
  const timer = schedule({ clock, timezone: 'UTC' })
  const [intervals, minutes]: [string[], string[]] = [[], []]
  const service = new Service()
    .on(timer.every('30s'), () => void intervals.push(isoOf(clock.now()).slice(11, 19)))
    .on(timer.minutely(), ({ firedAt }) => void minutes.push(isoOf(firedAt.getTime()).slice(11, 19)))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await clock.advance(minute)
  clock.shift(-hour)
  await clock.advance(2 * minute)
  await kernel.stop()
  assert.equal(intervals, ['10:00:30', '10:01:00', '09:01:30', '09:02:00', '09:02:30', '09:03:00'])
  assert.equal(minutes, ['10:01:00', '09:02:00', '09:03:00'])
})

changed.run()
