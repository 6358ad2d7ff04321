import { reasonOf } from '../../kernel/adapter-kit.ts'
import { nextMatch } from './cron-calendar.ts'
import { type CronFields, readFields } from './cron-fields.ts'
import { refuse } from './options.ts'
import type { Plan } from './plan.ts'
import type { Zone } from './zone.ts'

/**
 * The moments at which clocks in the zone show what a cron expression says: five fields, or six with seconds first, or
 * a preset such as `@daily`. `option` is what refusals name. Throws `OPTION_INVALID`.
 *
 * When the clocks are put forward, what the gap has swallowed comes once, at its end. When they are put back, what is
 * shown twice comes the first time only. An expression for every hour follows the clocks instead, so that one for every
 * five minutes goes on every five minutes: it has no tick in the gap, and ticks both times.
 */
export function cronPlan(expression: string, zone: Zone, option: string): Plan {
  const cron = parse(expression, option)
  const everyHour = cron.hours.length === 24
  let last: { readonly after: number; readonly moment: number | undefined } | undefined

  if (nextMatch(cron, 0) === undefined)
    refuse(option, 'a cron expression with a day of month that one of its months has', expression)
  return {
    by: everyHour ? 'clock' : 'calendar',
    next(after) {
      // Many handlers of one expression ask the same question one after the other.
      if (last?.after !== after) last = { after, moment: nextMoment(cron, zone, everyHour, after) }
      return last.moment
    },
  }
}

/** Goes from period to period: within one, wall times and moments are the same but for a constant. */
function nextMoment(cron: CronFields, zone: Zone, everyHour: boolean, after: number): number | undefined {
  let period = zone.periodOf(after)
  let wall = after + period.offset
  for (;;) {
    if (!everyHour) wall = Math.max(wall, period.repeatedUntil - 1)
    const next = nextMatch(cron, wall)
    if (next === undefined) return undefined
    if (next - period.offset < period.until) return next - period.offset
    const change = period.until
    period = zone.periodOf(change)
    if (!everyHour && next < change + period.offset) return change
    wall = change + period.offset - 1
  }
}

function parse(expression: string, option: string): CronFields {
  const expected = 'a cron expression of five fields, or of six with seconds first'
  if (typeof expression !== 'string') refuse(option, expected, expression)
  const trimmed = expression.trim()
  const text = presets.get(trimmed.toLowerCase()) ?? trimmed
  const fields = text.split(/\s+/).length
  if (fields !== 5 && fields !== 6) refuse(option, expected, expression)
  try {
    return readFields(text)
  } catch (error) {
    refuse(option, `${expected} (${reasonOf(error)})`, expression)
  }
}

const presets: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@weekdays', '0 0 * * 1-5'],
  ['@weekends', '0 0 * * 0,6'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
  ['@minutely', '* * * * *'],
  ['@secondly', '* * * * * *'],
])
