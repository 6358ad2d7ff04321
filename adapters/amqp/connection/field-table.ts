import { textOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { misfitIn } from './misfit.ts'

// What amqplib and RabbitMQ can carry in a table: in headers, and in arguments.

/** Headers in which RabbitMQ looks for more routing keys (sender-selected distribution). */
const moreKeys = ['CC', 'BCC'] as const
/** amqplib itself refuses headers that are larger, and the usual frame has room for more. */
const sizeOfEncoder = 65_536
/** More than what the frame and the other properties of our messages take, which are short texts. */
const around = 1_024

type Headers = Readonly<Record<string, unknown>>

/**
 * Refuses headers with which the broker would close the channel or the connection, and so take other messages with it.
 * Throws `PUBLISH_REFUSED` and `PAYLOAD_UNBUILDABLE`.
 */
export function checkHeaders(topic: string, headers: Headers): void {
  for (const name of moreKeys) {
    const keys = headers[name]
    if (keys === undefined || (Array.isArray(keys) && keys.every((key) => typeof key === 'string'))) continue
    const reason = `the header ${name} must be a list of routing keys, not ${textOf(keys)}`
    throw new TomodachiError('PUBLISH_REFUSED', { topic, reason })
  }
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'string' || value === undefined) continue
    const misfit = misfitIn({ [name]: value })
    if (!misfit) continue
    const reason = `the header ${name} has ${misfit.what}`
    throw new TomodachiError('PAYLOAD_UNBUILDABLE', { topic, reason })
  }
}

/**
 * Throws if the headers may not fit into one frame, as they must (AMQP 0-9-1, 4.2.6.1): the broker would close the
 * connection. Their size is taken from their JSON, which is about as long.
 */
export function checkFrame(headers: Headers = {}, frameMax: number): void {
  if (frameMax > sizeOfEncoder + around || Object.keys(headers).length === 0) return
  const size = Buffer.byteLength(JSON.stringify(headers, asLong)) + around
  if (size > frameMax)
    throw new RangeError(`its headers do not fit into a frame, which has at most ${frameMax} bytes`)
}

/** Stands in JSON for what is as long on the wire: numbers take 9 bytes at most, with their type. */
function asLong(this: Headers, name: string, value: unknown): unknown {
  const { [name]: given } = this
  if (typeof given === 'number' || typeof given === 'bigint') return 100_000_000
  return ArrayBuffer.isView(given) ? '-'.repeat(given.byteLength) : value
}

/**
 * A header of a delivered message as it can be sent again. amqplib decodes a table with the key `!` into what it takes
 * for a value whose type is given, and large timestamps into numbers that it does not encode.
 */
export function encodable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map(encodable)
  if (isTyped(value)) return value
  const table = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, encodable(field)]))
  return '!' in table ? { '!': 'object', value: table } : table
}

/** Whether amqplib encodes it as the timestamp or the decimal that it has decoded. */
function isTyped(table: { readonly '!'?: unknown; readonly value?: unknown }): boolean {
  const { '!': type, value } = table
  if (Object.keys(table).length !== 2) return false
  if (type === 'timestamp') return isWhole(value, Number.MAX_SAFE_INTEGER)
  const { places, digits } = (value ?? {}) as { readonly places?: unknown; readonly digits?: unknown }
  return type === 'decimal' && isWhole(places, 255) && isWhole(digits, 2 ** 32 - 1)
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
}
