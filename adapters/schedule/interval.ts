import { optionShape, resolveOption } from '../../kernel/adapter-kit.ts'
import { argumentPlace } from './options.ts'

/** What the text of an interval means: so many seconds from the start on, or a cron expression. */
export type Meaning = { readonly seconds: number } | { readonly cron: string }

/** What comes once a unit, by the calendar but for the second. */
const units: Readonly<Record<string, Meaning>> = {
  second: { seconds: 1 },
  minute: { cron: '* * * * *' },
  hour: { cron: '0 * * * *' },
  day: { cron: '0 0 * * *' },
  week: { cron: '0 0 * * 1' },
  month: { cron: '0 0 1 * *' },
  year: { cron: '0 0 1 1 *' },
}

const shortUnits: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  y: 'year',
}

const adverbs: Readonly<Record<string, string>> = {
  secondly: 'second',
  minutely: 'minute',
  hourly: 'hour',
  daily: 'day',
  nightly: 'day',
  weekly: 'week',
  monthly: 'month',
  yearly: 'year',
  annually: 'year',
}

const days: Readonly<Record<string, string>> = {
  weekday: '1-5',
  weekend: '0,6',
  sunday: '0',
  monday: '1',
  tuesday: '2',
  wednesday: '3',
  thursday: '4',
  friday: '5',
  saturday: '6',
}

const secondsIn: Readonly<Record<string, number>> = {
  ms: 0.001,
  millisecond: 0.001,
  s: 1,
  second: 1,
  m: 60,
  minute: 60,
  h: 3_600,
  hour: 3_600,
  d: 86_400,
  day: 86_400,
  w: 604_800,
  week: 604_800,
}

/** What people write for units, beside their names and first letters. */
const inFull: Readonly<Record<string, string>> = { msec: 'ms', sec: 'second', min: 'minute', hr: 'hour' }

const intervalShape = optionShape<Meaning | undefined>(
  undefined,
  (value) => {
    const seconds = Number(typeof value === 'string' && value.trim() !== '' ? value : (value ?? Number.NaN))
    // In the Python library a bare number means seconds, in all options here milliseconds.
    if (typeof value !== 'object' && seconds > 0 && Number.isFinite(seconds))
      return `an interval with its unit: write '${seconds}s'`
    return 'a duration of at least 1 ms such as "5s" or "90 minutes", a named interval such as "hourly", or a cron expression'
  },
  meaningIn,
)

/**
 * The meaning of an interval: a duration (`5s`, `1.5 hours`, `1h 30m`), a named interval (`every minute`, `1h`,
 * `daily`, `weekly`, which is Monday, `fridays`, `weekday`), or a cron expression, which is not checked here. Throws
 * `OPTION_INVALID`.
 */
export function meaningOf(interval: string): Meaning {
  return resolveOption(argumentPlace, 'every(interval)', interval, intervalShape) as Meaning
}

function meaningIn(interval: unknown): Meaning | undefined {
  if (typeof interval !== 'string') return undefined
  const text = interval
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/(?<![a-z])(msec|sec|min|hr)s?(?![a-z])/g, (_, short: string) => inFull[short] ?? '')
  const meaning = named(text)
  if (meaning) return meaning
  const seconds = durationOf(text)
  // Milliseconds are as fine as timers are.
  if (seconds !== undefined)
    return seconds >= 0.001 && seconds <= Number.MAX_SAFE_INTEGER / 1_000 ? { seconds } : undefined
  // A word or two that are no name were not meant to be a cron expression either.
  return text.startsWith('@') || text.split(' ').length >= 5 ? { cron: interval } : undefined
}

/** Names are those of the Python library: one of a unit follows the calendar. */
function named(text: string): Meaning | undefined {
  const [, unit] = /^(?:every |once per |1 ?)?([a-z]+)$/.exec(text) ?? []
  if (unit !== undefined && Object.hasOwn(units, unit)) return units[unit]
  const [, short] = /^1 ?([smhdwy])$/.exec(text) ?? []
  const name = short === undefined ? adverbs[text] : shortUnits[short]
  if (name !== undefined) return units[name]
  return onDays(text.replace(/^(?:every|once per) /, ''))
}

/** `monday`, `mondays` and `mon` are the same. */
function onDays(text: string): Meaning | undefined {
  const day = Object.keys(days).find(
    (name) => name === text || `${name}s` === text || (name.endsWith('day') && name.slice(0, 3) === text),
  )
  return day === undefined ? undefined : { cron: `0 0 * * ${days[day]}` }
}

/** The sum of `90 seconds`, `1h30m` or `1 minute and 5 seconds`, in seconds; undefined for what is none. */
function durationOf(text: string): number | undefined {
  let sum = 0
  for (const amount of text.replace(/^every /, '').split(/ and |, |(?<=[a-z]) ?(?=\d)/)) {
    const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/.exec(amount) ?? []
    const seconds = secondsIn[unit] ?? secondsIn[unit.replace(/s$/, '')]
    if (seconds === undefined) return undefined
    sum += Number(count) * seconds
  }
  return sum
}
