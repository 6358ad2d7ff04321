import { isPlainObject } from '../thrown.ts'
import { type OptionPlace, type OptionShape, optionShape } from './option-shape.ts'
import { isOptions, type OptionShapes, type Resolved, resolveOptions } from './resolve-options.ts'

/** An integer within limits, and Infinity where `endless` says so. */
export function wholeNumber<Standard extends number | undefined>(
  standard: Standard,
  least: number,
  most = 2 ** 31 - 1,
  { endless = false }: { readonly endless?: boolean } = {},
): OptionShape<number | Standard> {
  const expected = `an integer from ${least} to ${most}${endless ? ', or Infinity' : ''}`
  return optionShape<number | Standard>(standard, expected, (value) => {
    if (typeof value !== 'number') return undefined
    const fits = Number.isInteger(value) ? value >= least && value <= most : endless && value === Infinity
    return fits ? value : undefined
  })
}

/** Any number within limits. */
export function realNumber<Standard extends number | undefined>(
  standard: Standard,
  least: number,
  most = Number.POSITIVE_INFINITY,
): OptionShape<number | Standard> {
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`
  const fits = (value: unknown) => typeof value === 'number' && value >= least && value <= most
  return optionShape<number | Standard>(standard, `a number ${range}`, (value) =>
    fits(value) ? (value as number) : undefined,
  )
}

/** Text on one line, so that it cannot end a header or a line of a log; not empty unless `empty` says so. */
export function lineOfText<Standard extends string | undefined>(
  standard: Standard,
  { empty = false }: { readonly empty?: boolean } = {},
): OptionShape<string | Standard> {
  const expected = `text on one line${empty ? '' : ', not empty'}`
  return optionShape<string | Standard>(standard, expected, (value) => {
    const fits = typeof value === 'string' && !/[\r\n\0]/.test(value) && (empty || value.trim() !== '')
    return fits ? value : undefined
  })
}

/** A URL as text, with one of these protocols, such as `mine:`. */
export function urlOf(protocols: readonly string[], example: string): OptionShape<string | undefined> {
  return optionShape<string | undefined>(undefined, `a URL such as ${example}`, (value) =>
    typeof value === 'string' && protocols.includes(URL.parse(value)?.protocol ?? '') ? value : undefined,
  )
}

/** True or false. */
export function flag<Standard extends boolean | undefined>(
  standard: Standard,
): OptionShape<boolean | Standard> {
  return optionShape<boolean | Standard>(standard, 'true or false', (value) =>
    typeof value === 'boolean' ? value : undefined,
  )
}

/** One of a few values. */
export function choice<const Value extends string | number, Standard extends Value | undefined>(
  standard: Standard,
  values: readonly Value[],
): OptionShape<Value | Standard> {
  const shown = values.map((value) => JSON.stringify(value))
  const expected = shown.length === 1 ? `${shown[0]}` : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
  return optionShape<Value | Standard>(standard, expected, (value) =>
    values.find((candidate) => candidate === value),
  )
}

/** A function. */
export function callback<Callback>(expected = 'a function'): OptionShape<Callback | undefined> {
  return optionShape<Callback | undefined>(undefined, expected, (value) =>
    typeof value === 'function' ? (value as Callback) : undefined,
  )
}

/** An object that has these methods. */
export function objectWith<Value>(
  methods: readonly (keyof Value & string)[],
  expected: string,
): OptionShape<Value | undefined> {
  return optionShape<Value | undefined>(undefined, expected, (value) => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
    const found = value as Readonly<Record<string, unknown>>
    return isObject && methods.every((method) => typeof found[method] === 'function')
      ? (value as Value)
      : undefined
  })
}

/** A plain object of any keys, such as headers, whose values all `fit`: no `Map`, and no `Headers` of the web. */
export function record<Value extends object>(
  expected: string,
  fit: (value: unknown) => boolean = () => true,
): OptionShape<Value | undefined> {
  return optionShape<Value | undefined>(undefined, expected, (value) =>
    isPlainObject(value) && Object.values(value).every(fit) ? (value as Value) : undefined,
  )
}

/** Options within an option, each of which may be left out. */
export function options<Shapes extends OptionShapes>(shapes: Shapes): OptionShape<Resolved<Shapes>> {
  return { ...optionalOptions(shapes), standard: resolveOptions('options', {}, shapes) } as never
}

/** Options within an option that is undefined when it is left out. */
export function optionalOptions<Shapes extends OptionShapes>(
  shapes: Shapes,
): OptionShape<Resolved<Shapes> | undefined> {
  return {
    standard: undefined,
    expected: 'an object of options',
    read: (value, { owner, path }, option) =>
      isOptions(value)
        ? resolveOptions({ owner, path: `${path}${option}.` } satisfies OptionPlace, value, shapes)
        : undefined,
  }
}
