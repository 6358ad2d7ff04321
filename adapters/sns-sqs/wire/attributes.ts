import { pythonJson } from '../../../envelopes/python-json.ts'

/** An attribute in calls of SNS and SQS. */
export interface AttributeValue {
  readonly DataType: string
  readonly StringValue?: string
  readonly BinaryValue?: Uint8Array
}

/** An attribute in the JSON body of a message; bytes are base64. */
export interface BodyAttribute {
  readonly Type: string
  readonly Value: string
}

/**
 * Values as attributes for the APIs: text becomes String, a number Number, bytes Binary; booleans, null and lists become
 * String.Array, which is JSON; objects become JSON in a String. Undefined values are left out.
 */
export function toAttributes(values: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    attributes[name] =
      value instanceof Uint8Array
        ? { DataType: 'Binary', BinaryValue: value }
        : { DataType: typeOf(value), StringValue: textOf(value) }
  }
  return attributes
}

/** Values as attributes for the JSON body of a message, by the same rules. */
export function toBodyAttributes(values: Readonly<Record<string, unknown>>): Record<string, BodyAttribute> {
  const attributes: Record<string, BodyAttribute> = {}
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(toAttributes(values))) {
    const value = BinaryValue ? Buffer.from(BinaryValue).toString('base64') : (StringValue ?? '')
    attributes[name] = { Type: DataType, Value: value }
  }
  return attributes
}

/** The values of attributes from the API, from a body, or from Lambda events; later ones win. Unknown types are left out. */
export function fromAttributes(...several: readonly unknown[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const attributes of several) {
    if (typeof attributes !== 'object' || attributes === null) continue
    for (const [name, attribute] of Object.entries(attributes)) {
      const value = valueIn(attribute as Record<string, unknown>)
      if (value !== undefined) values[name] = value
    }
  }
  return values
}

/** How many bytes attributes add to the size of a message: name, type and value. */
export function sizeOf(attributes: Readonly<Record<string, AttributeValue>>): number {
  let size = 0
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType)
    size += BinaryValue ? BinaryValue.byteLength : Buffer.byteLength(StringValue ?? '')
  }
  return size
}

function typeOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return 'Number'
  return typeof value === 'boolean' || value === null || Array.isArray(value) ? 'String.Array' : 'String'
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  // Python writes exponents with two digits.
  if (typeof value === 'number') return String(value).replace(/e-(\d)$/, 'e-0$1')
  return typeof value === 'bigint' ? String(value) : pythonJson(value)
}

function valueIn(attribute: Record<string, unknown> | null): unknown {
  if (typeof attribute !== 'object' || attribute === null) return undefined
  const type = attribute.DataType ?? attribute.dataType ?? attribute.Type ?? attribute.type
  const text = attribute.StringValue ?? attribute.stringValue ?? attribute.Value ?? attribute.value
  const bytes = attribute.BinaryValue ?? attribute.binaryValue
  if (typeof type !== 'string') return undefined
  if (bytes instanceof Uint8Array) return bytes
  if (typeof text !== 'string') return undefined
  if (type === 'String.Array') return listIn(text)
  // A type may carry a label of its own: `Number.int`.
  const [kind] = type.split('.')
  if (kind === 'String') return text
  if (kind === 'Number') return numberIn(text)
  return kind === 'Binary' ? new Uint8Array(Buffer.from(text, 'base64')) : undefined
}

/** Integers that a number cannot hold become bigints. */
function numberIn(text: string): number | bigint | undefined {
  const number = Number(text)
  if (text.trim() === '' || Number.isNaN(number)) return undefined
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number
}

function listIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
