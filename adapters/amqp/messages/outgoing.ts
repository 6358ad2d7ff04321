import { randomUUID } from 'node:crypto'
import type { Encoded, Outgoing, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import { duration, flag, lineOfText, publishOptionShapes, wholeNumber } from '../../../kernel/adapter-kit.ts'
import type { PublishOptions, TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../connection/options.ts'
import type { PublishFields } from '../connection/rascal.ts'
import { encodeRoutingKey } from '../topology/names.ts'
import { delayQueue, tierOf } from '../topology/retries.ts'
import type { QueueDeclaration } from '../topology/topology.ts'
import { checkHeaders } from './unsendable.ts'

/** How a message is published on RabbitMQ. */
export interface AmqpPublishOptions extends PublishOptions {
  /** Exchange to publish to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string | undefined
  /** Whether publishing fails with `PUBLISH_UNROUTABLE` if no queue takes the message. Default `false`. */
  readonly mandatory?: boolean | undefined
  /** Priority from 0 to 255, for queues with a `maxPriority`. Default none. */
  readonly priority?: number | undefined
}

/** The shapes of the options of `publish`. */
export const publishShapes = {
  ...publishOptionShapes,
  // As long as a queue can hold it back.
  delay: duration(0, { most: '46d' }),
  exchange: lineOfText(undefined, { empty: true }),
  mandatory: flag(false),
  priority: wholeNumber(undefined, 0, 255),
} satisfies ShapesOf<AmqpPublishOptions>

/** The same, checked. Durations are in milliseconds. */
export type ResolvedPublishOptions = Resolved<typeof publishShapes>

type Publishing = Pick<ResolvedPublishOptions, 'exchange' | 'mandatory' | 'priority'> &
  Partial<Pick<ResolvedPublishOptions, 'delay'>>

/** A message on its way to the broker. All have the same target, and so keep their order. */
export interface AmqpMessage extends Outgoing {
  /** For errors: the topic, or the queue. */
  readonly subject: string
  readonly exchange: string
  readonly routingKey: string
  readonly content: Buffer
  readonly fields: PublishFields
  /** The queue that it goes into, if we declare that queue. */
  readonly into?: QueueDeclaration
  /**
   * Whether that queue is declared again now and then to keep it alive. If not, it is declared only when it turns out
   * to be missing.
   */
  readonly keepsAlive?: boolean
  /** How many channels the broker has closed while the message was under way. */
  closures: number
  /** How often its queue turned out to be missing. */
  misses: number
  /** Why it is not sent again, once it was found to end connections. */
  refusal?: TomodachiError
}

/** A message that has not been sent yet. */
export function messageTo(
  exchange: string,
  routingKey: string,
  subject: string,
  content: Buffer,
  fields: PublishFields,
): AmqpMessage {
  return { target: '', subject, exchange, routingKey, content, fields, closures: 0, misses: 0 }
}

/**
 * A message as it is published: persistent, with an id, and with the content type in the property of AMQP. Throws
 * `PUBLISH_REFUSED` and `PAYLOAD_UNBUILDABLE` for one that the broker would not take.
 */
export function outgoing(
  topic: string,
  { payload, headers }: Encoded,
  { exchange: given, mandatory, priority, delay = 0 }: Publishing,
  { exchangeName, routingKeyPrefix }: ResolvedOptions,
): AmqpMessage {
  const exchange = given ?? exchangeName
  checkHeaders(topic, headers)
  const fields = {
    ...fieldsOf(payload, headers),
    persistent: true,
    mandatory,
    ...(priority === undefined ? {} : { priority }),
  }
  const key = encodeRoutingKey(routingKeyPrefix + topic)
  // Copy the bytes: a publisher that does not await may reuse them.
  const message = messageTo(exchange, key, topic, Buffer.from(payload as Uint8Array), fields)
  if (delay === 0) return message
  const into = delayQueue(exchange, tierOf(delay))
  // The broker overwrites it, and drops a message whose `x-death` names the queue that it would go to.
  const { 'x-death': _, ...kept } = fields.headers ?? {}
  return { ...message, fields: { ...fields, headers: kept }, exchange: into.name, into, keepsAlive: true }
}

/** The fields that identify a message and say how to read it. */
export function fieldsOf(
  payload: string | Uint8Array,
  { 'content-type': contentType = contentTypeOf(payload), ...headers }: Readonly<Record<string, unknown>>,
): PublishFields {
  return { messageId: randomUUID(), contentType: String(contentType), headers }
}

/** Used when the format names no content type. Text that looks like an object or an array is JSON. */
function contentTypeOf(payload: string | Uint8Array): string {
  if (typeof payload !== 'string') return 'application/octet-stream'
  return /^[{[]/.test(payload) ? 'application/json' : 'text/plain'
}
