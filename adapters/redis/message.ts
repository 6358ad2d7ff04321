import { randomUUID } from 'node:crypto'
import type { Arrival, Encoded, Outgoing, ResolvedPublishOptions } from '../../kernel/adapter-kit.ts'

type Headers = Readonly<Record<string, unknown>>

/** A message on its way to the queues whose bindings match: delay, topic, id, headers and payload. */
export interface RedisMessage extends Outgoing {
  readonly words: readonly [delay: string, topic: string, id: string, headers: string, payload: Buffer]
}

/** Identifies an entry to settle. */
export interface RedisEntry {
  readonly id: string
  readonly headers: Headers
}

/** An entry as the server returns it. `handedOut` says how many times it was handed out; if left out, once. */
export type ReturnedEntry = readonly [id: Buffer, fields: readonly Buffer[], handedOut?: number]

export function outgoing(
  topic: string,
  { payload, headers }: Encoded,
  { delay }: ResolvedPublishOptions,
): RedisMessage {
  // Copy the bytes: a publisher that does not await may reuse them.
  const content = Buffer.from(payload as Uint8Array)
  const wait = Math.ceil(delay)
  return {
    target: '',
    bytes: content.length,
    words: [`${wait}`, topic, randomUUID(), headersText(headers), content],
  }
}

export function arrivalOf([entry, words, handedOut = 1]: ReturnedEntry): Arrival<RedisEntry> {
  const id = String(entry)
  const fields = new Map(words.map((word, at) => [at % 2 === 0 ? String(word) : at, words[at + 1]]))
  const topic = String(fields.get('topic') ?? '')
  const headers = headersOf(String(fields.get('headers')))
  const redeliveries = handedOut - 1
  const attempt = attemptOf(String(fields.get('attempt'))) + redeliveries
  const facts = { handle: { id, headers }, topic, headers, attempt, redeliveries, given: { topic, id } }
  return { ...facts, id: String(fields.get('id') ?? id), payload: fields.get('payload') }
}

/** The headers as JSON. Bytes are written as `Buffer` writes itself to JSON. */
export function headersText(headers: Headers): string {
  return JSON.stringify(headers, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toJSON() : value,
  )
}

/** What anybody may have written: anything but a whole number counts as the first attempt. */
const attemptOf = (text: string) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : 1)

/** Anything but an object counts as no headers. */
function headersOf(text: string): Headers {
  try {
    const headers: unknown = JSON.parse(text, (_, value) =>
      value?.type === 'Buffer' && Array.isArray(value.data) ? Buffer.from(value.data) : value,
    )
    return headers !== null && Object.getPrototypeOf(headers) === Object.prototype ? (headers as Headers) : {}
  } catch {
    return {}
  }
}

/** Whether an entry only wakes the readers of its queue. */
export function isWake([, words]: ReturnedEntry): boolean {
  return words.length === 2 && String(words[0]) === 'wake' && String(words[1]) === '1'
}
