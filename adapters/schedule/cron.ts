import type { CronExpression } from 'cron-parser'
import { optionShape, reasonOf, resolveOption } from '../../kernel/adapter-kit.ts'
import { argumentPlace } from './options.ts'
import { cronParser } from './packages.ts'
import type { Plan } from './plan.ts'
import type { Zone } from './zone.ts'

/**
 * The moments at which clocks in the zone match a cron expression: five fields, or six with seconds first, or a preset
 * such as `@daily`. Errors name `option`. Throws `OPTION_INVALID`.
 *
 * When the clocks are put forward, ticks that fall into the gap come once, at its end. When the clocks are put back, a
 * time that is shown twice ticks only the first time. An expression for every hour follows the clocks instead, so that
 * one for every five minutes keeps ticking every five minutes: it has no tick in the gap, and ticks both times.
 */
export function cronPlan(expression: string, zone: Zone, option: string): Plan {
  const cron = resolveOption(argumentPlace, option, expression, cronExpression) as CronExpression
  const everyHour = cron.fields.hour.values.length === 24
  let last: { readonly after: number; readonly moment: number | undefined } | undefined
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
function nextMoment(cron: CronExpression, zone: Zone, everyHour: boolean, after: number): number | undefined {
  let period = zone.periodOf(after)
  let wall = after + period.offset
  for (;;) {
    if (!everyHour) wall = Math.max(wall, period.repeatedUntil - 1)
    const next = nextWall(cron, wall)
    if (next === undefined) return undefined
    if (next - period.offset < period.until) return next - period.offset
    const change = period.until
    period = zone.periodOf(change)
    if (!everyHour && next < change + period.offset) return change
    wall = change + period.offset - 1
  }
}

/** The first wall time after another. It is reckoned in UTC, where clocks never change. */
function nextWall(cron: CronExpression, wall: number): number | undefined {
  cron.reset(new Date(wall))
  try {
    return cron.next().getTime()
  } catch {
    // The search was given up: there is no such day in many years.
    return undefined
  }
}

const cronExpression = optionShape<CronExpression | undefined>(undefined, expectedOf, (value) => {
  try {
    const cron = parsed(value)
    return cron && nextWall(cron, 0) !== undefined ? cron : undefined
  } catch {
    return undefined
  }
})

/** Undefined for what has another number of fields. Throws for fields that cannot be. */
function parsed(value: unknown): CronExpression | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const isPreset = text.startsWith('@')
  if (!isPreset && ![5, 6].includes(text.split(/\s+/).length)) return undefined
  return cronParser().CronExpressionParser.parse(isPreset ? preset(text) : readable(text), { tz: 'UTC' })
}

/** The sentence that says why this is not a valid cron expression. */
function expectedOf(value: unknown): string {
  const expected = 'a cron expression of five fields, or of six with seconds first'
  try {
    return parsed(value) ? 'a cron expression that matches some date' : expected
  } catch (error) {
    return `${expected} (${reasonOf(error)})`
  }
}

function preset(text: string): string {
  const name = text.toLowerCase()
  return name === '@midnight' ? '@daily' : name
}

const fieldNames = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const

/**
 * The same expression as cron-parser takes it: with every value named once, since crontab(5) lets lists overlap, and with
 * 7 for a Sunday that ends a range.
 */
function readable(text: string): string {
  const fields = text.split(/\s+/)
  const names = fieldNames.slice(-fields.length)
  return fields.map((field, index) => unionOf(field, names[index] as FieldName)).join(' ')
}

type FieldName = (typeof fieldNames)[number]

function unionOf(list: string, name: FieldName): string {
  const elements = (name === 'dayOfWeek' ? list.replace(/(?<!sun|\b0)-sun\b/gi, '-7') : list).split(',')
  // What cron-parser refuses is left to it, and so is a list of one.
  if (elements.length === 1 || elements.includes('') || list.includes('#')) return elements.join(',')
  const values = new Set(elements.flatMap((element) => valuesOf(element, name)))
  // Among days, an asterisk says more than all of their numbers do: the other field of days counts alone.
  return elements.includes('*') || elements.includes('?') ? '*' : [...values].join(',')
}

/** Throws where the element makes no sense. */
function valuesOf(element: string, name: FieldName): (number | string)[] {
  const expression = fieldNames.map((other) => (other === name ? element : '*')).join(' ')
  const { CronExpressionParser } = cronParser()
  const values: readonly (number | string)[] = CronExpressionParser.parse(expression).fields[name].values
  return values.map((value) => (name === 'dayOfWeek' && value === 7 ? 0 : value))
}
