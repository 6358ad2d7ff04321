import { isPlainObject, show } from '../../../kernel/adapter-kit.ts'

/** What AMQP cannot carry, and where it stands: `x-match`, `list[0].time`. */
export interface Misfit {
  readonly place: string
  /** In words: a Date, which AMQP cannot carry. */
  readonly what: string
}

/** More levels are not read by receivers of ours either. */
const mostLevels = 500
const longestName = 255

const uncarried = (kind: string) => `${kind}, which AMQP cannot carry`
const wrongNumber = 'a number that AMQP cannot carry, such as Infinity'

type Range = readonly [least: bigint, most: bigint]

const signed = (bits: bigint): Range => [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
const unsigned = (bits: bigint): Range => [0n, 2n ** bits - 1n]

/** Whole numbers by the names that amqplib gives to their types: `{ '!': 'int64', value: 2n ** 60n }`. */
const ranges = new Map<unknown, Range>([
  ['byte', signed(8n)],
  ['int8', signed(8n)],
  ['unsignedbyte', unsigned(8n)],
  ['uint8', unsigned(8n)],
  ['short', signed(16n)],
  ['int16', signed(16n)],
  ['unsignedshort', unsigned(16n)],
  ['uint16', unsigned(16n)],
  ['int', signed(32n)],
  ['int32', signed(32n)],
  ['unsignedint', unsigned(32n)],
  ['uint32', unsigned(32n)],
  ['long', signed(64n)],
  ['int64', signed(64n)],
  ['timestamp', unsigned(64n)],
])

/**
 * The first value in headers or arguments that amqplib does not encode, encodes as something else, or that the broker
 * cannot read; undefined if there is none. In objects, undefined is left out.
 */
export function misfitIn(table: unknown): Misfit | undefined {
  return isPlainObject(table) ? inTable(table, '', 0) : { place: '', what: uncarried(show(table)) }
}

function inTable(table: object, place: string, level: number): Misfit | undefined {
  for (const [name, value] of Object.entries(table)) {
    const at = place === '' ? name : `${place}.${name}`
    if (Buffer.byteLength(name) > longestName)
      return { place: at, what: `a name of more than ${longestName} bytes` }
    const misfit = value === undefined ? undefined : inField(value, at, level + 1)
    if (misfit) return misfit
  }
  return undefined
}

function inField(value: unknown, place: string, level: number): Misfit | undefined {
  const wrong = (what: string): Misfit => ({ place, what })
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return isNumber(value) ? undefined : wrong(wrongNumber)
    case 'object':
      break
    default:
      return wrong(uncarried(value === undefined ? 'undefined' : `a ${typeof value}`))
  }
  if (value === null || Buffer.isBuffer(value)) return undefined
  if (level > mostLevels) return wrong(`more than ${mostLevels} levels`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const misfit = inField(item, `${place}[${index}]`, level + 1)
      if (misfit) return misfit
    }
    return undefined
  }
  if (!isPlainObject(value)) return wrong(uncarried(show(value)))
  return Object.hasOwn(value, '!') ? inTyped(value as Typed, place, level) : inTable(value, place, level)
}

/** A value whose type is given, as amqplib takes it. */
interface Typed {
  readonly '!': unknown
  readonly value?: unknown
}

function inTyped({ '!': type, value }: Typed, place: string, level: number): Misfit | undefined {
  const range = ranges.get(type)
  if (range) return isWhole(value, range) ? undefined : { place, what: wrongNumber }
  if (type === 'double' || type === 'float64' || type === 'float') {
    const sent = type === 'float' ? Math.fround(value as number) : value
    return typeof value === 'number' && Number.isFinite(sent) ? undefined : { place, what: wrongNumber }
  }
  // They stand for themselves.
  if (['string', 'boolean', 'number', 'object'].includes(type as string) && typeof value === type)
    return inField(value, place, level)
  const { places, digits } = (value ?? {}) as { readonly places?: unknown; readonly digits?: unknown }
  const isDecimal = isWhole(places, unsigned(8n)) && isWhole(digits, unsigned(32n))
  if (type === 'decimal' && isDecimal) return undefined
  return { place, what: `a value that does not fit the type ${show(type)}` }
}

/** Whole numbers below 2^63 are sent as integers of 64 bits. */
function isNumber(value: number): boolean {
  return Number.isFinite(value) && value >= -(2 ** 63)
}

function isWhole(value: unknown, [least, most]: readonly [bigint, bigint]): boolean {
  const isInteger = typeof value === 'bigint' || Number.isInteger(value)
  return isInteger && BigInt(value as number) >= least && BigInt(value as number) <= most
}
