import { type OptionShape, optionShape } from './option-shape.ts'

/** A length of time: a number of milliseconds, or text with a unit, such as `'500ms'`, `'20s'`, `'5m'`, `'1h'` or `'1d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** What a duration may be. */
export interface DurationLimits {
  /** The shortest. Default 0. */
  readonly least?: Duration
  /** The longest. Default `24d`, the most that a timer of node can hold. */
  readonly most?: Duration
  /** It must be a multiple of this. Default: any number of milliseconds, fractions included. */
  readonly step?: '1ms' | '1s'
  /** Whether Infinity, for no limit, is allowed. Default false. */
  readonly endless?: boolean
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** A duration in milliseconds; undefined where it is not one. Infinity and negative numbers stay as they are. */
export function millisecondsIn(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value
  if (typeof value !== 'string') return undefined
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(value) ?? []
  // Whole milliseconds where the text says so: 1.1 * 1,000 is not 1,100.
  return count === undefined ? undefined : Number((Number(count) * (units[unit] as number)).toFixed(3))
}

/** Milliseconds as text in the largest unit of which they are a whole number: `90s`, `1d`. */
export function durationText(milliseconds: number): string {
  if (milliseconds === 0) return '0'
  const [unit, length] = Object.entries(units).findLast(([, one]) => milliseconds % one === 0) ?? ['ms', 1]
  return `${milliseconds / length}${unit}`
}

/** A duration within limits, which is in milliseconds once it is resolved. */
export function duration<Standard extends Duration | undefined>(
  standard: Standard,
  { least = 0, most = '24d', step, endless = false }: DurationLimits = {},
): OptionShape<number | Extract<Standard, undefined>> {
  const [lowest, highest] = [millisecondsIn(least) as number, millisecondsIn(most) as number]
  const multiple = step === undefined ? undefined : (millisecondsIn(step) as number)
  const whole = { none: '', '1ms': ' of whole milliseconds', '1s': ' of whole seconds' }[step ?? 'none']
  const range =
    lowest === 0
      ? `up to ${durationText(highest)}`
      : `from ${durationText(lowest)} to ${durationText(highest)}`
  const milliseconds = `${step === '1s' ? 20_000 : 500} (milliseconds)`
  const examples = milliseconds + (highest < 300_000 ? ' or "20s"' : ', "20s" or "5m"')
  const expected = `a duration${whole} ${range}, such as ${examples}${endless ? ', or Infinity' : ''}`
  const resolved = (standard === undefined ? undefined : millisecondsIn(standard)) as
    | number
    | Extract<Standard, undefined>
  return optionShape(resolved, expected, (value) => {
    const milliseconds = millisecondsIn(value)
    if (milliseconds === Number.POSITIVE_INFINITY) return endless ? milliseconds : undefined
    const isWithin = milliseconds !== undefined && milliseconds >= lowest && milliseconds <= highest
    return isWithin && (multiple === undefined || milliseconds % multiple === 0) ? milliseconds : undefined
  })
}
