import { randomUUID } from 'node:crypto'
import type { Encoded } from '../../kernel/adapter-kit.ts'
import type { PublishOptions } from '../../kernel/index.ts'
import { encodeRoutingKey } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import type { Outgoing } from './pending.ts'
import type { PublishFields } from './rascal.ts'

/** How a message is published on RabbitMQ. */
export interface AmqpPublishOptions extends PublishOptions {
  /** Exchange to publish to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string
  /** Whether a message that no queue takes is an error, `PUBLISH_UNROUTABLE`. Default false. */
  readonly mandatory?: boolean
  /** From 0 to 255, for queues with a `maxPriority`. Default none. */
  readonly priority?: number
}

/** How a request is made. A request that no queue takes is an error, unless `mandatory: false`. */
export interface RequestOptions extends Omit<AmqpPublishOptions, 'delay'> {
  /** How long to wait for the reply, in milliseconds, publishing included. Default 10,000. */
  readonly timeout?: number
}

/** A message as it goes to the broker: persistent, with an identity, and with the content type where AMQP has it. */
export function outgoing(
  topic: string,
  { payload, headers }: Encoded,
  { exchange, mandatory = false, priority }: AmqpPublishOptions,
  { exchangeName, routingKeyPrefix }: ResolvedOptions,
): Outgoing {
  return {
    subject: topic,
    exchange: exchange ?? exchangeName,
    routingKey: encodeRoutingKey(routingKeyPrefix + topic),
    // A copy: who does not await the publishing may use the bytes again.
    content: Buffer.from(payload as Uint8Array),
    fields: {
      ...fieldsOf(payload, headers),
      persistent: true,
      mandatory,
      ...(priority === undefined ? {} : { priority }),
    },
  }
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
