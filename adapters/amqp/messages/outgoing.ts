import { randomUUID } from 'node:crypto'
import type { Encoded, Outgoing, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  duration,
  flag,
  isA,
  optionShape,
  publishOptionShapes,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import { type Duration, type PublishOptions, TomodachiError } from '../../../kernel/index.ts'
import { checkHeaders } from '../connection/field-table.ts'
import { longestTtl, type ResolvedOptions } from '../connection/options.ts'
import type { PublishFields } from '../connection/rascal.ts'
import { isShort, shortText } from '../connection/short-text.ts'
import { encodeRoutingKey } from '../topology/names.ts'
import { delayQueue, tierOf } from '../topology/retries.ts'
import type { QueueDeclaration } from '../topology/topology.ts'

/** How a message is published on RabbitMQ. */
export interface AmqpPublishOptions extends PublishOptions {
  /** Exchange to publish to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string | undefined
  /** Whether publishing fails with `PUBLISH_UNROUTABLE` if no queue takes the message. Default `false`. */
  readonly mandatory?: boolean | undefined
  /** Priority from 0 to 255, for queues with a `maxPriority`. Default none. */
  readonly priority?: number | undefined
  /** How long a message may wait in a queue before the broker drops or dead-letters it. Not with `delay`. Default: no limit. */
  readonly expiration?: Duration | undefined
  /** Whether the message survives a restart of the broker (delivery mode 2). Default `true`. */
  readonly persistent?: boolean | undefined
  /** The property `type`: what kind of message it is. Default none. */
  readonly type?: string | undefined
  /** The property `app-id`: which application has published it. Default none. */
  readonly appId?: string | undefined
  /** The property `user-id`. The broker refuses any other than the login of the bus. Default none. */
  readonly userId?: string | undefined
  /** The property `message-id`. Default: a random UUID. */
  readonly messageId?: string | undefined
  /** The property `correlation-id`. Default none. */
  readonly correlationId?: string | undefined
  /** The property `reply-to`: the queue for a reply. Default none. */
  readonly replyTo?: string | undefined
  /** The property `timestamp`, in whole seconds on the wire. Default none. */
  readonly timestamp?: Date | undefined
}

/** The shapes of the options of `publish`. */
export const publishShapes = {
  ...publishOptionShapes,
  // As long as a queue can hold it back.
  delay: duration(0, { most: '46d' }),
  exchange: shortText(undefined, { empty: true }),
  mandatory: flag(false),
  priority: wholeNumber(undefined, 0, 255),
  expiration: duration(undefined, { most: longestTtl, step: '1ms' }),
  persistent: flag(true),
  type: shortText(undefined),
  appId: shortText(undefined),
  userId: shortText(undefined),
  messageId: shortText(undefined),
  correlationId: shortText(undefined),
  replyTo: shortText(undefined),
  timestamp: optionShape<Date | undefined>(undefined, 'a Date from 1970 on', (value) =>
    isA(value, Date) && value.getTime() >= 0 ? value : undefined,
  ),
} satisfies ShapesOf<AmqpPublishOptions>

/** The same, checked. Durations are in milliseconds. */
export type ResolvedPublishOptions = Resolved<typeof publishShapes>

type Publishing = Omit<ResolvedPublishOptions, keyof typeof publishOptionShapes> &
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
  publishing: Publishing,
  { exchangeName, routingKeyPrefix }: ResolvedOptions,
): AmqpMessage {
  const { exchange = exchangeName, delay = 0 } = publishing
  checkHeaders(topic, headers)
  const fields = { ...fieldsOf(payload, headers), ...propertiesOf(publishing) }
  const key = encodeRoutingKey(routingKeyPrefix + topic)
  if (!isShort(key))
    throw tooLong('topic', 'a name whose routing key has at most 255 bytes, prefix included', key)
  // Copy the bytes: a publisher that does not await may reuse them.
  const message = messageTo(exchange, key, topic, Buffer.from(payload as Uint8Array), fields)
  if (delay === 0) return message
  // It would end the delay.
  if (publishing.expiration !== undefined)
    throw new TomodachiError('OPTIONS_CONFLICT', {
      one: 'amqp.publish.delay',
      other: 'amqp.publish.expiration',
    })
  const into = delayQueue(exchange, tierOf(delay))
  if (!isShort(into.name)) throw tooLong('exchange', 'a shorter name for messages with a delay', exchange)
  // The broker overwrites it, and drops a message whose `x-death` names the queue that it would go to.
  const { 'x-death': _, ...kept } = fields.headers ?? {}
  return { ...message, fields: { ...fields, headers: kept }, exchange: into.name, into, keepsAlive: true }
}

const known = new WeakMap<Publishing, PublishFields>()

/** The properties that options stand for. Most messages come with the same options: none. */
function propertiesOf(publishing: Publishing): PublishFields {
  const properties = known.get(publishing) ?? makeProperties(publishing)
  known.set(publishing, properties)
  return properties
}

function makeProperties(publishing: Publishing): PublishFields {
  const { expiration, timestamp, mandatory, persistent, priority, type, appId, userId, ...ids } = publishing
  const { messageId, correlationId, replyTo } = ids
  const properties = {
    ...{ mandatory, persistent, priority, type, appId, userId, messageId, correlationId, replyTo },
    expiration: expiration === undefined ? undefined : String(expiration),
    timestamp: timestamp && Math.floor(timestamp.getTime() / 1_000),
  }
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))
}

function tooLong(option: string, expected: string, actual: string): TomodachiError {
  return new TomodachiError('OPTION_INVALID', { option: `amqp.publish.${option}`, expected, actual })
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
