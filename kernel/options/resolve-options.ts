import { types } from 'node:util'
import { closestMatch } from 'leven'
import { TomodachiError } from '../errors.ts'
import type { OptionPlace, OptionShape } from './option-shape.ts'

/** The shapes of all options that a function takes, by name. */
export type OptionShapes = Readonly<Record<string, OptionShape<unknown>>>

/** One shape for each option of an interface: `const shapes = { … } satisfies ShapesOf<BusOptions>` misses none. */
export type ShapesOf<Options> = { readonly [Option in keyof Options]-?: OptionShape<unknown> }

/** The values of options that were checked. */
export type Resolved<Shapes> = {
  readonly [Option in keyof Shapes]: Shapes[Option] extends OptionShape<infer Value> ? Value : never
}

/** What is known of options beside their shapes. */
export interface OptionHints {
  /** The name to use instead of one that is not known: `{ ssl: 'tls' }`. */
  readonly renamed?: Readonly<Record<string, string>>
}

/** Names of one thing elsewhere; an error about one of them points to the one that is known here. */
const synonyms: readonly (readonly string[])[] = [
  ['tls', 'ssl'],
  ['login', 'username', 'user'],
  ['password', 'pass', 'passwd'],
  ['host', 'hostname', 'address', 'bind'],
  ['url', 'uri', 'connectionString'],
  ['concurrency', 'parallelism', 'prefetch'],
  ['use', 'middleware', 'middlewares'],
  ['body', 'schema', 'json'],
  ['queue', 'queueName', 'queue_name'],
  ['queuePrefetchCount', 'prefetch'],
  ['timezone', 'tz', 'zone'],
]

/**
 * Checks options and fills in those that are left out; undefined counts as left out. `owner` is the function that takes
 * them, as errors name it: `bus`, or a place within its options. The result holds exactly the options that have a shape.
 * Throws `OPTION_INVALID`.
 */
export function resolveOptions<Shapes extends OptionShapes>(
  owner: string | OptionPlace,
  given: object,
  shapes: Shapes,
  { renamed = {} }: OptionHints = {},
): Resolved<Shapes> {
  const place = typeof owner === 'string' ? { owner, path: '' } : owner
  checkOptionsObject(place, given)
  for (const option of Object.keys(given))
    if (!Object.hasOwn(shapes, option) && (given as Record<string, unknown>)[option] !== undefined)
      refuseUnknown(place, option, Object.keys(shapes), renamed)
  // A loop: some options come with every message, reply or call.
  const resolved: Record<string, unknown> = {}
  for (const option of Object.keys(shapes)) {
    const shape = shapes[option] as OptionShape<unknown>
    const value = (given as Readonly<Record<string, unknown>>)[option]
    const isLeftOut = value === undefined && !shape.isRequired
    resolved[option] = isLeftOut ? shape.standard : resolveOption(place, option, value, shape)
  }
  return resolved as Resolved<Shapes>
}

/** Checks one option that is given. Throws `OPTION_INVALID`. */
export function resolveOption<Value>(
  place: OptionPlace,
  option: string,
  value: unknown,
  shape: OptionShape<Value>,
): Value {
  const resolved = value === undefined ? undefined : shape.read(value, place, option)
  if (resolved !== undefined) return resolved
  const expected = typeof shape.expected === 'string' ? shape.expected : shape.expected(value)
  const mistake = { option: `${place.owner}.${place.path}${option}`, expected }
  if (value === undefined) throw new TomodachiError('OPTION_INVALID', { ...mistake, missing: true })
  throw new TomodachiError(
    'OPTION_INVALID',
    shape.isSecret ? { ...mistake, hidden: true } : { ...mistake, actual: value },
  )
}

/** Throws `OPTION_INVALID` for options that are not an object: text, a list, a function, null. */
function checkOptionsObject({ owner, path }: OptionPlace, given: unknown): void {
  if (isOptions(given) && !isEmptyOfOptions(given)) return
  const option = path === '' ? `the options of ${called(owner)}` : `${owner}.${path.slice(0, -1)}`
  throw new TomodachiError('OPTION_INVALID', { option, expected: 'an object', actual: given })
}

/** Whether a value can be an object of options. */
export function isOptions(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether it is something that cannot have options, such as the promise of an object that has them. */
function isEmptyOfOptions(given: object): boolean {
  const kinds = [types.isPromise, types.isMap, types.isSet, types.isDate, types.isRegExp]
  return Object.keys(given).length === 0 && kinds.some((isKind) => isKind(given))
}

/** Throws `OPTION_INVALID` unless both options are given, or neither is. */
export function requireTogether(given: object, one: string, other: string): void {
  const [hasOne, hasOther] = [one, other].map(
    (option) => (given as Record<string, unknown>)[option] !== undefined,
  )
  if (hasOne === hasOther) return
  const [option, requiredBy] = hasOne ? [other, one] : [one, other]
  throw new TomodachiError('OPTION_INVALID', { option, requiredBy })
}

/** Throws `OPTIONS_CONFLICT` where `others` has an option that is given, as `one` is given too. */
export function refuseBeside(owner: string, one: string, others: object): void {
  for (const [option, value] of Object.entries(others))
    if (value !== undefined)
      throw new TomodachiError('OPTIONS_CONFLICT', { one: `${owner}.${one}`, other: `${owner}.${option}` })
}

function refuseUnknown(
  { owner, path }: OptionPlace,
  option: string,
  known: readonly string[],
  renamed: Readonly<Record<string, string>>,
): never {
  const instead = Object.hasOwn(renamed, option) ? renamed[option] : nearest(option, known)
  const name = path + option
  const values = {
    option: `${owner}.${name}`,
    of: called(owner),
    name,
    known: known.map((one) => path + one),
  }
  throw new TomodachiError(
    'OPTION_INVALID',
    instead === undefined ? values : { ...values, nearest: path + instead },
  )
}

function nearest(option: string, known: readonly string[]): string | undefined {
  const sameThing = synonyms
    .filter((names) => names.includes(option))
    .flat()
    .find((name) => known.includes(name))
  if (sameThing !== undefined) return sameThing
  const plain = (name: string) => name.replaceAll(/[_-]/g, '').toLowerCase()
  const given = plain(option)
  const begun = given.length < 2 ? [] : known.filter((name) => plain(name).startsWith(given))
  if (begun.length === 1) return begun[0]
  // Two letters that changed places are a distance of two.
  const maxDistance = Math.min(Math.floor(option.length / 3) + 1, Math.ceil(option.length / 1.5) - 1)
  const match = closestMatch(given, known.map(plain), { maxDistance })
  return known.find((name) => plain(name) === match)
}

/** The owner as it is called: `bus()`, `new Service()`. */
function called(owner: string): string {
  return /^[A-Z]/.test(owner) ? `new ${owner}()` : `${owner}()`
}
