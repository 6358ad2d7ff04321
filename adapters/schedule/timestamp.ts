import { cronPlan } from './cron.ts'
import { refuse } from './options.ts'
import { luxon } from './packages.ts'
import { oncePlan, type Plan } from './plan.ts'
import type { Zone } from './zone.ts'

const daily = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/
const once = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?$/
const option = 'at(timestamp)'

/**
 * The plan of a timestamp: a time of the day (`08:00`, `08:00:30`) comes daily; a date with a time
 * (`2027-01-31 08:00`, ISO 8601, a `Date`) comes once, or never when it has passed. A time without an offset is one in
 * the zone; one that the clocks skip comes at the end of the gap. Throws `OPTION_INVALID`.
 */
export function timestampPlan(timestamp: string | Date, zone: Zone): Plan {
  if (timestamp instanceof Date && Number.isFinite(timestamp.getTime())) return oncePlan(timestamp.getTime())
  if (typeof timestamp !== 'string') invalid(timestamp)
  const text = timestamp.trim()
  const [, hour, minute, second = '0'] = daily.exec(text) ?? []
  if (hour !== undefined) return cronPlan(`${second} ${minute} ${hour} * * *`, zone, option)
  const [, date, time, offset] = once.exec(text) ?? []
  if (date === undefined) invalid(timestamp)
  const moment = luxon().DateTime.fromISO(`${date}T${time}${offset ?? ''}`, { zone: 'UTC' })
  if (!moment.isValid) invalid(timestamp)
  return oncePlan(offset === undefined ? zone.momentOf(moment.toMillis()) : moment.toMillis())
}

function invalid(timestamp: unknown): never {
  refuse(option, 'a time of the day such as 08:00, or a date with a time such as 2027-01-31 08:00', timestamp)
}
