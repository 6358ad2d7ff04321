import type { CronFields } from './cron-fields.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
/** The calendar repeats after 400 years: what has not come by then never comes. */
const horizon = 146_097

/** The first moment after another that the fields mean, by the clocks in UTC, which never change; undefined: none. */
export function nextMatch(fields: CronFields, after: number): number | undefined {
  const from = Math.floor(after / second) * second + second
  let midnight = Math.floor(from / day) * day
  for (let days = 0; days <= horizon; days++, midnight += day) {
    if (!isMeant(fields, new Date(midnight))) continue
    const time = firstTime(fields, Math.max(0, from - midnight))
    if (time !== undefined) return midnight + time
  }
  return undefined
}

function isMeant(fields: CronFields, date: Date): boolean {
  return fields.isDay({
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    date: date.getUTCDate(),
    weekday: date.getUTCDay(),
  })
}

/** The first time of a day, in milliseconds since midnight, that is not before `from`. */
function firstTime({ hours, minutes, seconds }: CronFields, from: number): number | undefined {
  for (const h of hours) {
    if ((h + 1) * hour <= from) continue
    for (const m of minutes) {
      if (h * hour + (m + 1) * minute <= from) continue
      const s = seconds.find((value) => h * hour + m * minute + value * second >= from)
      if (s !== undefined) return h * hour + m * minute + s * second
    }
  }
  return undefined
}
