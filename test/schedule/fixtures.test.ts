// time limit: 60 s
import { readFileSync } from 'node:fs'
import { type Schedule, type ScheduleSource, schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet, thrownBy } from '../kernel/started.ts'
import { isoOf, passTo, scene } from './scene.ts'

interface Recorded {
  readonly now: number
  readonly error?: string
  readonly timezone?: string | null
  readonly next_call_at?: number
  readonly iso?: string
}
interface Schedules {
  readonly intervals: readonly (Recorded & { readonly interval: number | string })[]
  readonly timestamps: readonly (Recorded & { readonly timestamp: string })[]
  readonly timezones: readonly {
    readonly in: string | null
    readonly out?: string
    readonly error?: string
  }[]
}
interface Crons {
  readonly cases: readonly {
    readonly expr: string
    readonly now: string
    readonly next?: string | null
    readonly error?: string
  }[]
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as T
}

const schedules = read<Schedules>('schedule.json')
const crons = read<Crons>('cron.json')

/** Where we differ on purpose, as the migration table says: what is refused here. */
const refused: readonly unknown[] = ['-5s', '0 0 1 jan/2 * 2011-2013', '']
/** And what is accepted: durations of any unit. */
const accepted: readonly unknown[] = ['2 second', '5m', '5 minutes', '1.5 seconds']

const recorded = suite('recorded schedules')
recorded.before(quiet)

/** The first tick comes at this moment and not a millisecond before; for undefined there is none in ten years. */
async function firstTick(
  sourceOf: (timer: Schedule) => ScheduleSource,
  now: string,
  next: number | undefined,
  timezone: string | null = 'UTC',
): Promise<void> {
  const { clock, kernel, planned } = await scene(sourceOf, { now, timezone: timezone ?? 'UTC' })
  await passTo(clock, next === undefined ? Date.parse(now) + 10 * 365 * 86_400_000 : next - 1)
  assert.equal(planned(), [])
  if (next !== undefined) {
    await clock.advance(1)
    assert.equal(planned(), [isoOf(next)])
  }
  await kernel.stop()
}

for (const { interval: recordedAs, now, error, next_call_at: next, timezone } of schedules.intervals) {
  // A number is one of seconds there, and says so here.
  const interval = typeof recordedAs === 'number' ? `${recordedAs}s` : recordedAs
  const name = `every(${JSON.stringify(interval)}) in ${timezone ?? 'UTC'}`
  if (accepted.includes(interval)) {
    recorded(`${name} is a duration`, () => void schedule().every(interval))
  } else if (error !== undefined || refused.includes(interval)) {
    recorded(`${name} is refused`, async () => {
      const refusal = await thrownBy(() => schedule({ timezone: timezone ?? 'UTC' }).every(interval))
      assert.is(refusal.code, 'OPTION_INVALID')
    })
  } else {
    recorded(`${name} ticks when recorded`, async () => {
      const moment = (next as number) * 1_000
      await firstTick((timer) => timer.every(interval), isoOf(now * 1_000), moment, timezone ?? null)
    })
  }
}

for (const { timestamp, now, error, next_call_at: next, iso, timezone } of schedules.timestamps) {
  const name = `at('${timestamp}') in ${timezone ?? 'UTC'}`
  if (error !== undefined) {
    recorded(`${name} is refused`, async () => {
      assert.is((await thrownBy(() => schedule().at(timestamp))).code, 'OPTION_INVALID')
    })
  } else {
    recorded(`${name} ticks when recorded`, async () => {
      const moment = iso?.startsWith('never') ? undefined : (next as number) * 1_000
      await firstTick((timer) => timer.at(timestamp), isoOf(now * 1_000), moment, timezone ?? null)
    })
  }
}

for (const { in: timezone, out, error } of schedules.timezones) {
  if (timezone === null) continue
  const accepted = (error === undefined && timezone !== '') || timezone === '+05:30'
  recorded(`the time zone '${timezone}' is ${accepted ? `${out ?? 'accepted'}` : 'refused'}`, async () => {
    if (!accepted) {
      assert.is((await thrownBy(() => schedule({ timezone }))).code, 'OPTION_INVALID')
      return
    }
    const ticks = await Promise.all(
      [timezone, out ?? 'Asia/Kolkata'].map(async (zone) => {
        const { clock, kernel, planned } = await scene((timer) => timer.daily(), { timezone: zone })
        await clock.advance(86_400_000)
        await kernel.stop()
        return planned()
      }),
    )
    assert.is(ticks[0]?.length, 1)
    assert.equal(ticks[0], ticks[1])
  })
}

for (const { expr, now, next, error } of crons.cases) {
  if (error !== undefined || refused.includes(expr)) {
    recorded(`cron('${expr}') is refused`, async () => {
      assert.is((await thrownBy(() => schedule().cron(expr))).code, 'OPTION_INVALID')
    })
  } else {
    recorded(`cron('${expr}') ticks when recorded, after ${now}`, async () => {
      await firstTick((timer) => timer.cron(expr), `${now}Z`, Date.parse(`${next}Z`))
    })
  }
}

recorded.run()
