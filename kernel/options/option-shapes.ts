import { TomodachiError } from '../errors.ts'

/** What the value of an option has to be, and what it is where none is given. */
export interface OptionShape<Value> {
  readonly standard: Value
  /** In words, as in `the option x must be …`. */
  readonly expected: string
  fits(value: unknown): boolean
}

/** An integer within limits. */
export function wholeNumber(standard: number, least: number, most = 2 ** 31 - 1): OptionShape<number> {
  const fits = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  return { standard, expected: `an integer from ${least} to ${most}`, fits }
}

/** Text of one line, which is not empty. */
export function lineOfText(standard: string): OptionShape<string> {
  const fits = (value: unknown) => typeof value === 'string' && /^[^\r\n\0]+$/.test(value)
  return { standard, expected: 'a string of one line', fits }
}

/** True or false. */
export function flag(standard: boolean): OptionShape<boolean> {
  return { standard, expected: 'true or false', fits: (value) => typeof value === 'boolean' }
}

/** The values of options that were checked. */
export type Resolved<Shapes> = {
  readonly [Option in keyof Shapes]: Shapes[Option] extends OptionShape<infer Value> ? Value : never
}

/**
 * Checks options and fills in what is not given; undefined counts as not given. `owner` is the function that takes them,
 * as errors name it. Throws `OPTION_INVALID`.
 */
export function resolveOptions<Shapes extends Readonly<Record<string, OptionShape<unknown>>>>(
  owner: string,
  given: object,
  shapes: Shapes,
): Resolved<Shapes> {
  for (const [option, value] of Object.entries(given))
    if (!Object.hasOwn(shapes, option))
      refuse(`${owner}.${option}`, `left out, as ${owner}() has no such option`, value)
  const resolved = Object.entries(shapes).map(([option, { standard, expected, fits }]) => {
    const value = (given as Record<string, unknown>)[option] ?? standard
    if (!fits(value)) refuse(`${owner}.${option}`, expected, value)
    return [option, value]
  })
  return Object.fromEntries(resolved)
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual })
}
