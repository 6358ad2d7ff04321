/** A day of the calendar, as cron sees it. */
export interface CalendarDay {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly date: number
  /** 0 is Sunday. */
  readonly weekday: number
}

/** What a cron expression says, with every value in order. */
export interface CronFields {
  readonly seconds: readonly number[]
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  isDay(day: CalendarDay): boolean
}

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  /** What values are called, the first one first. */
  readonly words?: readonly string[]
}

type DayRule = (day: CalendarDay) => boolean

const second: Field = { name: 'second', min: 0, max: 59 }
const minute: Field = { name: 'minute', min: 0, max: 59 }
const hour: Field = { name: 'hour', min: 0, max: 23 }
const monthDay: Field = { name: 'day of month', min: 1, max: 31 }
const month: Field = {
  name: 'month',
  min: 1,
  max: 12,
  words: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' '),
}
/** Sunday is 0 and 7. */
const weekday: Field = {
  name: 'day of week',
  min: 0,
  max: 7,
  words: 'sun mon tue wed thu fri sat'.split(' '),
}

/**
 * Reads five fields, or six with seconds first, by crontab(5): lists of values, ranges and steps, which may overlap; `*` and
 * `?` for all; names of three letters in any case; `L` for the last day of the month, `5L` for its last Friday, `5#2` for its
 * second one. Where both fields of days are given, either will do. Throws an Error that says what is wrong.
 */
export function readFields(text: string): CronFields {
  const parts = text.toLowerCase().split(/\s+/)
  const [seconds = '', minutes = '', hours = '', dates = '', months = '', weekdays = ''] =
    parts.length === 5 ? ['0', ...parts] : parts
  const isMonth = ruleOf(valuesOf(months, month), (day) => day.month)
  const isDate = isAll(dates) ? undefined : dateRule(dates)
  const isWeekday = isAll(weekdays) ? undefined : weekdayRule(weekdays)
  const isEither: DayRule = (day) => isDate?.(day) || isWeekday?.(day) || false
  return {
    seconds: sorted(valuesOf(seconds, second)),
    minutes: sorted(valuesOf(minutes, minute)),
    hours: sorted(valuesOf(hours, hour)),
    isDay: isDate || isWeekday ? (day) => isMonth(day) && isEither(day) : isMonth,
  }
}

/** How many days the month has. */
export function lastDateOf({ year, month }: CalendarDay): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** An asterisk says more than all days by their numbers do: the other field of days counts alone. */
function isAll(list: string): boolean {
  return list.split(',').some((element) => element === '*' || element === '?')
}

function dateRule(list: string): DayRule {
  const elements = list.split(',')
  const numbers = elements.filter((element) => element !== 'l')
  const isListed = ruleOf(numbers.length > 0 ? valuesOf(numbers.join(','), monthDay) : [], ({ date }) => date)
  const hasLast = numbers.length < elements.length
  return (day) => isListed(day) || (hasLast && day.date === lastDateOf(day))
}

function weekdayRule(list: string): DayRule {
  const elements = list.split(',')
  const [, nth, occurrence] = /^(\w+)#(\w+)$/.exec(list) ?? []
  if (nth !== undefined) {
    const [at] = weekdaysOf(nth)
    const number = numberOf(occurrence as string, { name: 'occurrence after #', min: 1, max: 5 })
    return ({ weekday, date }) => weekday === at && Math.ceil(date / 7) === number
  }
  if (list.includes('#')) throw new Error('a day of week with # stands alone: # and lists are incompatible')
  const lasts = elements.filter((element) => /^\w+l$/.test(element))
  const others = elements.filter((element) => !lasts.includes(element))
  const isListed = ruleOf(others.length > 0 ? weekdaysOf(others.join(',')) : [], ({ weekday }) => weekday)
  const isLast = ruleOf(
    lasts.flatMap((element) => weekdaysOf(element.slice(0, -1))),
    ({ weekday }) => weekday,
  )
  return (day) => isListed(day) || (isLast(day) && day.date > lastDateOf(day) - 7)
}

function weekdaysOf(list: string): number[] {
  return valuesOf(list, weekday).map((value) => value % 7)
}

function ruleOf(values: readonly number[], valueIn: (day: CalendarDay) => number): DayRule {
  const set = new Set(values)
  return (day) => set.has(valueIn(day))
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].sort((one, other) => one - other)
}

function valuesOf(list: string, field: Field): number[] {
  return list.split(',').flatMap((element) => {
    if (element === '') throw new Error(`the ${field.name} has an empty list value`)
    const [range = '', step, ...more] = element.split('/')
    if (more.length > 0) throw new Error(`the ${field.name} has two steps in "${element}"`)
    const by = step === undefined ? 1 : numberOf(step, { name: 'step after /', min: 1, max: Infinity })
    const [from, to] = boundsOf(range, step !== undefined, field)
    if (from > to) throw new Error(`the ${field.name} has a range that runs backwards, "${range}"`)
    return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by)
  })
}

/** A single value with a step is the beginning of a range without an end. */
function boundsOf(range: string, hasStep: boolean, field: Field): readonly [from: number, to: number] {
  if (range === '*' || range === '?') return [field.min, field.max]
  const [first = '', last, ...more] = range.split('-')
  if (more.length > 0) throw new Error(`the ${field.name} has no end in "${range}"`)
  const from = numberOf(first, field)
  if (last === undefined) return [from, hasStep ? field.max : from]
  // `fri-sun` ends with the Sunday after it.
  const to = field === weekday && last === 'sun' && from > 0 ? 7 : numberOf(last, field)
  return [from, to]
}

function numberOf(text: string, { name, min, max, words = [] }: Field): number {
  if (words.includes(text)) return words.indexOf(text) + min
  if (!/^\d+$/.test(text)) throw new Error(`the ${name} takes numbers, got value "${text}"`)
  const number = Number(text)
  if (number >= min && number <= max) return number
  const allowed = max === Infinity ? `${min} or more` : `${min} to ${max}`
  throw new Error(`the ${name} takes ${allowed}, got value ${text}`)
}
