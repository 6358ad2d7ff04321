/** What a clock on the wall shows, read through `Intl`: the oracle of the tests, which shares no code with the adapter. */
export interface WallTime {
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  /** The moment at which clocks in UTC show the same. */
  readonly shown: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

export function wallTime(moment: number, timeZone: string): WallTime {
  let format = formats.get(timeZone)
  if (!format) {
    const numeric = 'numeric'
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric },
      ...{ hour: numeric, minute: numeric, second: numeric },
    })
    formats.set(timeZone, format)
  }
  const parts = Object.fromEntries(
    format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return wallTimeOf(Date.UTC(year, month - 1, day, hour, minute, second))
}

export function wallTimeOf(shown: number): WallTime {
  const date = new Date(shown)
  return {
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    shown,
  }
}

/** The fields of a cron expression as lists of values; undefined is any. */
export interface Fields {
  readonly minute?: readonly number[] | undefined
  readonly hour?: readonly number[] | undefined
  readonly day?: readonly number[] | undefined
  readonly weekday?: readonly number[] | undefined
}

export function expressionOf({ minute, hour, day, weekday }: Fields): string {
  const text = (values: readonly number[] | undefined) => values?.join(',') ?? '*'
  return `${text(minute)} ${text(hour)} ${text(day)} * ${text(weekday)}`
}

/** Days of the month and of the week count both, when both are given. */
function matches({ minute, hour, day, weekday }: Fields, wall: WallTime): boolean {
  if (minute && !minute.includes(wall.minute)) return false
  if (hour && !hour.includes(wall.hour)) return false
  const onDay = day?.includes(wall.day)
  const onWeekday = weekday?.includes(wall.weekday)
  return (onDay ?? onWeekday ?? true) || (onWeekday ?? false)
}

const minuteLength = 60_000

/**
 * The ticks of an expression between two moments, found by looking at every minute: those whose wall time fits. For an
 * expression with given hours, a wall time counts when it is shown for the first time, and a gap with a fitting time
 * in it makes a tick at its end.
 */
export function expectedTicks(fields: Fields, timeZone: string, from: number, until: number): number[] {
  const ticks: number[] = []
  const before = from - 2 * 24 * 60 * minuteLength
  let latest = Number.NEGATIVE_INFINITY
  for (let moment = before; moment < until; moment += minuteLength) {
    const wall = wallTime(moment, timeZone)
    const fits = fields.hour
      ? (wall.shown > latest && matches(fields, wall)) ||
        (latest > 0 && gapFits(fields, latest + minuteLength, wall.shown))
      : matches(fields, wall)
    if (fits && moment > from) ticks.push(moment)
    latest = Math.max(latest, wall.shown)
  }
  return ticks
}

function gapFits(fields: Fields, from: number, until: number): boolean {
  for (let shown = from; shown < until; shown += minuteLength)
    if (matches(fields, wallTimeOf(shown))) return true
  return false
}

/** The moments of a year, to the minute, at which the clocks of a zone are changed. */
export function changesIn(year: number, timeZone: string): number[] {
  const changes: number[] = []
  const offset = (moment: number) => wallTime(moment, timeZone).shown - moment
  const day = 24 * 60 * minuteLength
  for (let start = Date.UTC(year, 0, 1); start < Date.UTC(year + 1, 0, 1); start += day) {
    if (offset(start) === offset(start + day)) continue
    for (let moment = start; moment < start + day; moment += minuteLength)
      if (offset(moment) !== offset(moment + minuteLength)) changes.push(moment + minuteLength)
  }
  return changes
}
