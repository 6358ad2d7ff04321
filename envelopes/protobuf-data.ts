import type { Enum, Field, MapField, Message, Type } from 'protobufjs'

/** How values are shown for which JavaScript has no one type. */
export interface Representation {
  readonly longs: 'bigint' | 'number' | 'string'
  readonly enums: 'name' | 'number'
}

/**
 * Makes a message of plain data. Throws a TypeError that names the field for fields that the message does not have, and
 * for values that would not arrive as they are: protobufjs itself would drop the first and bend the second.
 */
export function messageOf(type: Type, data: unknown): Message {
  const plain = fieldsOf(type, data, '')
  const fault = type.verify(plain)
  if (fault) throw new TypeError(fault)
  return type.fromObject(plain)
}

/** The plain data of a message. */
export function dataOf(type: Type, message: Message, { longs, enums }: Representation): unknown {
  const data = type.toObject(message, {
    defaults: true,
    longs: { bigint: BigInt, number: Number, string: String }[longs],
    enums: enums === 'name' ? String : Number,
  })
  withoutNulls(data)
  return data
}

/** Absent messages are the only nulls that protobufjs makes, and so that schemas need not allow them they go. */
function withoutNulls(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [key, member] of Object.entries(value)) {
    if (member === null) delete (value as Record<string, unknown>)[key]
    else withoutNulls(member)
  }
}

function fieldsOf(type: Type, data: unknown, path: string): Record<string, unknown> {
  if (!isRecord(data)) throw new TypeError(`${path || 'the data'} must be an object`)
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined || value === null) continue
    const place = path === '' ? name : `${path}.${name}`
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined
    if (!field) throw new TypeError(`${place} is not a field of ${type.fullName.slice(1)}`)
    plain[name] = valuesOf(field.resolve(), value, place)
  }
  return plain
}

function valuesOf(field: Field, value: unknown, path: string): unknown {
  if (field.repeated) {
    if (!Array.isArray(value)) throw new TypeError(`${path} must be an array`)
    return value.map((item, index) => singleOf(field, item, `${path}.${index}`))
  }
  if (!field.map) return singleOf(field, value, path)
  if (!isRecord(value)) throw new TypeError(`${path} must be an object`)
  const { keyType } = field as Field & Pick<MapField, 'keyType'>
  const entries = Object.entries(value).map(([key, item]) => {
    checkKey(keyType, key, path)
    return [key, singleOf(field, item, `${path}.${key}`)]
  })
  return Object.fromEntries(entries)
}

function singleOf({ resolvedType, type }: Field, value: unknown, path: string): unknown {
  if (resolvedType && 'fields' in resolvedType) return fieldsOf(resolvedType, value, path)
  if (resolvedType) return enumOf(resolvedType, value, path)
  if (type in integers) return integerOf(type, value, path)
  const [expected, fits] = scalars[type] ?? number
  if (!fits(value)) throw new TypeError(`${path} must be ${expected}`)
  return value
}

type Scalar = readonly [expected: string, fits: (value: unknown) => boolean]

const number: Scalar = ['a number', (value) => typeof value === 'number']

const scalars: Readonly<Record<string, Scalar>> = {
  bool: ['a boolean', (value) => typeof value === 'boolean'],
  string: ['a string of whole characters', (value) => typeof value === 'string' && isWhole(value)],
  bytes: ['a Uint8Array', (value) => value instanceof Uint8Array],
  float: number,
  double: number,
}

function enumOf({ values, name }: Enum, value: unknown, path: string): number {
  const number = typeof value === 'string' && Object.hasOwn(values, value) ? values[value] : value
  // What is no name yet may be one in a newer version of the definition.
  if (typeof number !== 'number' || (number | 0) !== number) throw new TypeError(`${path} must be of ${name}`)
  return number
}

const signed32 = [-(2n ** 31n), 2n ** 31n - 1n] as const
const unsigned32 = [0n, 2n ** 32n - 1n] as const
const signed64 = [-(2n ** 63n), 2n ** 63n - 1n] as const
const unsigned64 = [0n, 2n ** 64n - 1n] as const

/** The least and the greatest value of each type. */
const integers: Readonly<Record<string, readonly [least: bigint, greatest: bigint]>> = {
  int32: signed32,
  sint32: signed32,
  sfixed32: signed32,
  uint32: unsigned32,
  fixed32: unsigned32,
  int64: signed64,
  sint64: signed64,
  sfixed64: signed64,
  uint64: unsigned64,
  fixed64: unsigned64,
}

/** A number for 32 bits, and for 64 the two halves, which is what protobufjs takes without the package long. */
function integerOf(type: string, value: unknown, path: string): unknown {
  const integer = exact(value)
  const [least, greatest] = integers[type] as readonly [bigint, bigint]
  if (integer === undefined || integer < least || integer > greatest) {
    throw new TypeError(`${path} must be an integer from ${least} to ${greatest}`)
  }
  if (!type.endsWith('64')) return Number(integer)
  const bits = BigInt.asUintN(64, integer)
  return {
    low: Number(BigInt.asIntN(32, bits)),
    high: Number(BigInt.asIntN(32, bits >> 32n)),
    unsigned: least === 0n,
  }
}

/** Undefined for what is no integer, or a number that is none for certain. */
function exact(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value)
  return undefined
}

function checkKey(keyType: string, key: string, path: string): void {
  if (keyType in integers) integerOf(keyType, key, `${path}.${key}`)
  else if (keyType === 'bool' && key !== 'true' && key !== 'false') {
    throw new TypeError(`${path}.${key} must be true or false`)
  } else if (!isWhole(key)) throw new TypeError(`the keys of ${path} must be strings of whole characters`)
}

/** Half a character (an unpaired surrogate) has no place in UTF-8. */
function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  )
}
