import { randomUUID } from 'node:crypto'
import type { Encoded, Outgoing } from '../../kernel/adapter-kit.ts'
import type { PublishOptions } from '../../kernel/index.ts'
import { encodeRoutingKey } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import type { PublishFields } from './rascal.ts'
import { delayQueue, tierOf } from './retries.ts'
import type { QueueDeclaration } from './topology.ts'

/** How a message is published on RabbitMQ. */
export interface AmqpPublishOptions extends PublishOptions {
  /** Exchange to publish to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string
  /** Whether a message that no queue takes is an error, `PUBLISH_UNROUTABLE`. Default false. */
  readonly mandatory?: boolean
  /** From 0 to 255, for queues with a `maxPriority`. Default none. */
  readonly priority?: number
}

/** A message as it goes to the broker. All go the same way, and keep their order. */
export interface AmqpMessage extends Outgoing {
  /** For errors: the topic, or the queue. */
  readonly subject: string
  readonly exchange: string
  readonly routingKey: string
  readonly content: Buffer
  readonly fields: PublishFields
  /** The queue that it goes into first, where that is ours to declare. */
  readonly into?: QueueDeclaration
  /** Whether that queue is kept alive by declaring it now and then, and not only declared when it turns out to be missing. */
  readonly keepsAlive?: boolean
  /** Channels that the broker has closed while the message was under way. */
  closures: number
  /** Times that its queue was declared since it was not there. */
  misses: number
}

/** A message of which nothing is known yet but where it goes. */
export function messageTo(
  exchange: string,
  routingKey: string,
  subject: string,
  content: Buffer,
  fields: PublishFields,
): AmqpMessage {
  return { target: '', subject, exchange, routingKey, content, fields, closures: 0, misses: 0 }
}

/** A message as it is published: persistent, with an identity, and with the content type where AMQP has it. */
export function outgoing(
  topic: string,
  { payload, headers }: Encoded,
  { exchange: given, mandatory = false, priority, delay = 0 }: AmqpPublishOptions,
  { exchangeName, routingKeyPrefix }: ResolvedOptions,
): AmqpMessage {
  const exchange = given ?? exchangeName
  const fields = {
    ...fieldsOf(payload, headers),
    persistent: true,
    mandatory,
    ...(priority === undefined ? {} : { priority }),
  }
  const key = encodeRoutingKey(routingKeyPrefix + topic)
  // A copy: who does not await the publishing may use the bytes again.
  const message = messageTo(exchange, key, topic, Buffer.from(payload as Uint8Array), fields)
  if (!(Number(delay) > 0)) return message
  const into = delayQueue(exchange, tierOf(Number(delay)))
  return { ...message, exchange: into.name, into, keepsAlive: true }
}

/** What says how to read a message, and which it is. */
export function fieldsOf(
  payload: string | Uint8Array,
  { 'content-type': contentType = contentTypeOf(payload), ...headers }: Readonly<Record<string, unknown>>,
): PublishFields {
  return { messageId: randomUUID(), contentType: String(contentType), headers }
}

/** Where the format names no content type: its text is JSON when it looks like an object or an array. */
function contentTypeOf(payload: string | Uint8Array): string {
  if (typeof payload !== 'string') return 'application/octet-stream'
  return /^[{[]/.test(payload) ? 'application/json' : 'text/plain'
}
