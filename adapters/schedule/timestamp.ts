import { optionShape, resolveOption } from '../../kernel/adapter-kit.ts'
import { cronPlan } from './cron.ts'
import { argumentPlace } from './options.ts'
import { luxon } from './packages.ts'
import { oncePlan, type Plan } from './plan.ts'
import type { Zone } from './zone.ts'

const daily = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/
const once = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?$/
const option = 'at(timestamp)'

/** What a timestamp means: a time of each day as a cron expression, or a moment, of the zone or of all zones. */
type Meaning = { readonly cron: string } | { readonly moment: number; readonly isLocal: boolean }

const timestampShape = optionShape<Meaning | undefined>(
  undefined,
  'a time of the day such as 08:00, or a date with a time such as 2027-01-31 08:00',
  meaningOf,
)

/**
 * The plan of a timestamp. A time of the day (`08:00`, `08:00:30`) comes daily. A date with a time (`2027-01-31 08:00`,
 * ISO 8601, a `Date`) comes once, or never if it has passed. A time without an offset is in the zone; one that the
 * clocks skip comes at the end of the gap. Throws `OPTION_INVALID`.
 */
export function timestampPlan(timestamp: string | Date, zone: Zone): Plan {
  const meaning = resolveOption(argumentPlace, option, timestamp, timestampShape) as Meaning
  if ('cron' in meaning) return cronPlan(meaning.cron, zone, option)
  return oncePlan(meaning.isLocal ? zone.momentOf(meaning.moment) : meaning.moment)
}

function meaningOf(timestamp: unknown): Meaning | undefined {
  if (timestamp instanceof Date) return atMoment(timestamp.getTime(), false)
  if (typeof timestamp !== 'string') return undefined
  const text = timestamp.trim()
  const [, hour, minute, second = '0'] = daily.exec(text) ?? []
  if (hour !== undefined) return { cron: `${second} ${minute} ${hour} * * *` }
  const [, date, time, offset] = once.exec(text) ?? []
  if (date === undefined) return undefined
  const moment = luxon().DateTime.fromISO(`${date}T${time}${offset ?? ''}`, { zone: 'UTC' })
  return atMoment(moment.toMillis(), offset === undefined)
}

function atMoment(moment: number, isLocal: boolean): Meaning | undefined {
  return Number.isNaN(moment) ? undefined : { moment, isLocal }
}
