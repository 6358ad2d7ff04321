// time limit: 180 s
// coverage: none
import fc from 'fast-check'
import { Kernel, manualClock, Service } from 'tomodachi'
import { type Schedule, type ScheduleSource, schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet } from '../kernel/started.ts'
import { rounds } from '../rounds.ts'
import { scene } from './scene.ts'
import { changesIn, expectedTicks, expressionOf, type Fields } from './wall-clock.ts'

const changes = suite('changes of the clocks')
changes.before(quiet)

/** What is planned in so many hours from a moment on. */
async function planned(
  sourceOf: (timer: Schedule) => ScheduleSource,
  timezone: string,
  now: string,
  hours: number,
): Promise<string[]> {
  const { clock, kernel, planned } = await scene(sourceOf, { timezone, now })
  await clock.advance(hours * 3_600_000)
  await kernel.stop()
  return planned().map((iso) => iso.slice(5, 16))
}

const stockholm = 'Europe/Stockholm'
// On 29 March 2026 at 01:00 UTC the clocks jump from 02:00 to 03:00.
const spring = '2026-03-28T23:00:00Z'
// On 25 October 2026 at 01:00 UTC they go from 03:00 back to 02:00.
const autumn = '2026-10-24T22:00:00Z'

changes('a time in the gap comes at its end, once, and as ever on the next day', async () => {
  const expected = ['03-29T01:00', '03-30T00:30']
  assert.equal(await planned((timer) => timer.at('02:30'), stockholm, spring, 30), expected)
  assert.equal(await planned((timer) => timer.cron('30 2 * * *'), stockholm, spring, 30), expected)
  assert.equal(await planned((timer) => timer.at('2026-03-29 02:30'), stockholm, spring, 30), ['03-29T01:00'])
})

changes('several times in the gap, and its end itself, make one tick', async () => {
  assert.equal(await planned((timer) => timer.cron('*/15 2 * * *'), stockholm, spring, 20), ['03-29T01:00'])
  assert.equal(await planned((timer) => timer.cron('0 2,3 * * *'), stockholm, spring, 20), ['03-29T01:00'])
})

changes('a time that is shown twice comes the first time', async () => {
  const expected = ['10-25T00:30', '10-26T01:30']
  assert.equal(await planned((timer) => timer.at('02:30'), stockholm, autumn, 30), expected)
  assert.equal(await planned((timer) => timer.at('2026-10-25 02:30'), stockholm, autumn, 30), ['10-25T00:30'])
  // A service that starts between the two has missed it.
  assert.equal(await planned((timer) => timer.at('02:30'), stockholm, '2026-10-25T01:10:00Z', 30), [
    '10-26T01:30',
  ])
})

changes('an expression for every hour follows the clocks', async () => {
  const expected = ['10-24T23:30', '10-25T00:30', '10-25T01:30', '10-25T02:30']
  assert.equal(
    await planned((timer) => timer.cron('30 * * * *'), stockholm, '2026-10-24T23:00:00Z', 4),
    expected,
  )
  const hourly = ['03-29T00:00', '03-29T01:00', '03-29T02:00']
  assert.equal(await planned((timer) => timer.hourly(), stockholm, '2026-03-28T23:30:00Z', 3), hourly)
})

changes('midnight may be skipped, and shown twice', async () => {
  // Clocks in Beirut go from 00:00 to 01:00 in spring, and from 24:00 to 23:00 in autumn.
  const zone = 'Asia/Beirut'
  const inSpring = await planned((timer) => timer.daily(), zone, '2026-03-28T12:00:00Z', 36)
  assert.equal(inSpring, ['03-28T22:00', '03-29T21:00'])
  const inAutumn = await planned((timer) => timer.cron('30 23 * * *'), zone, '2026-10-24T12:00:00Z', 36)
  assert.equal(inAutumn, ['10-24T20:30', '10-25T21:30'])
  const twice = await planned((timer) => timer.cron('30 * 24 10 *'), zone, '2026-10-24T20:00:00Z', 12)
  assert.equal(twice, ['10-24T20:30', '10-24T21:30'])
})

changes('a day that a zone has left out comes at its end', async () => {
  // Samoa went from 29 to 31 December 2011.
  const now = '2011-12-29T12:00:00Z'
  const ticks = await planned((timer) => timer.at('09:00'), 'Pacific/Apia', now, 60)
  assert.equal(ticks, ['12-29T19:00', '12-30T10:00', '12-30T19:00', '12-31T19:00'])
})

/** Zones with whole and half hours, early and late changes, and changes in both halves of the year. */
const zones = [
  ...['Europe/Stockholm', 'Europe/London', 'Europe/Dublin', 'America/New_York', 'America/St_Johns'],
  ...['America/Sao_Paulo', 'America/Havana', 'America/Santiago', 'America/Asuncion', 'America/Caracas'],
  ...['Australia/Lord_Howe', 'Australia/Adelaide', 'Pacific/Auckland', 'Pacific/Chatham', 'Pacific/Apia'],
  ...['Asia/Tehran', 'Asia/Beirut', 'Asia/Amman', 'Asia/Gaza', 'Asia/Kolkata', 'Asia/Pyongyang'],
  ...['Africa/Cairo', 'Africa/Casablanca', 'Antarctica/Troll', 'America/Nuuk', 'Asia/Kathmandu'],
] as const

const some = (max: number, min = 0) =>
  fc
    .uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 })
    .map((values) => values.sort(byValue))
const byValue = (one: number, other: number) => one - other

/** Often hours around which clocks are changed, and often days without a limit. */
const fields: fc.Arbitrary<Fields> = fc.record({
  minute: fc.option(some(59), { nil: undefined, freq: 4 }),
  hour: fc.option(fc.oneof(some(4), some(23)), { nil: undefined, freq: 3 }),
  day: fc.option(some(31, 1), { nil: undefined, freq: 1 }),
  weekday: fc.option(some(6), { nil: undefined, freq: 1 }),
})

/** The ticks of all expressions in one zone, and when each came. */
async function ticksOf(all: readonly Fields[], timezone: string, from: number, until: number) {
  const clock = manualClock(from)
  const timer = schedule({ clock, timezone, overlap: 'allow' })
  const service = new Service()
  const ticks = all.map((fields) => {
    const moments: number[] = []
    service.on(timer.cron(expressionOf(fields)), ({ firedAt }) => {
      assert.is(clock.now(), firedAt.getTime())
      moments.push(firedAt.getTime())
    })
    return moments
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await clock.advance(until - from - 1)
  await kernel.stop()
  return ticks
}

changes('over zones and years: ticks increase, none comes twice, none is missed outside gaps', async () => {
  const situation = fc.record({
    zone: fc.constantFrom(...zones),
    year: fc.integer({ min: 1995, max: 2037 }),
    which: fc.nat(),
    hoursBefore: fc.integer({ min: 0, max: 30 }),
    minutesBefore: fc.integer({ min: 0, max: 59 }),
    all: fc.array(fields, { minLength: 3, maxLength: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(situation, async ({ zone, year, which, hoursBefore, minutesBefore, all }) => {
      const times = changesIn(year, zone)
      const change = times[which % Math.max(times.length, 1)] ?? Date.UTC(year, which % 12, 1)
      const from = change - hoursBefore * 3_600_000 - minutesBefore * 60_000
      const until = change + 30 * 3_600_000
      const ticks = await ticksOf(all, zone, from, until)
      for (const [index, moments] of ticks.entries()) {
        const fields = all[index] as Fields
        const expected = expectedTicks(fields, zone, from, until)
        assert.equal(
          moments,
          expected,
          `${expressionOf(fields)} in ${zone} from ${new Date(from).toISOString()}`,
        )
        for (const [at, moment] of moments.entries())
          assert.ok(at === 0 || moment > (moments[at - 1] as number))
      }
    }),
    { numRuns: rounds(60, 10) },
  )
})

changes.run()
