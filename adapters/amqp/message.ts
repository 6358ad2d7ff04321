import { textOf, withoutDeadLetterHeaders } from '../../kernel/adapter-kit.ts'
import { decodeRoutingKey } from './names.ts'
import type { Message, Properties, PublishFields } from './rascal.ts'

/** Properties of a message, as its publisher has set them (AMQP 0-9-1, class basic). */
export type AmqpProperties = Properties

/** Where a message was published to before it waited for a retry, and how often it has been handed out. */
const own = {
  attempt: 'x-tomodachi-attempt',
  exchange: 'x-tomodachi-exchange',
  routingKey: 'x-tomodachi-routing-key',
  wait: 'x-tomodachi-wait',
} as const

/** Header of a reply that says why there is none. */
export const failureHeader = 'x-tomodachi-failure'

/** Headers of the broker's own, about how a message has been dead-lettered on its way: here, from a retry queue. */
const broker = ['x-death', 'x-first-death-exchange', 'x-first-death-queue', 'x-first-death-reason'] as const

/** A message as its publisher sent it, whatever it has been through since. */
export interface Received {
  readonly content: Buffer
  readonly exchange: string
  /** On the wire, with its prefix. */
  readonly routingKey: string
  readonly redelivered: boolean
  /** Times that it has been handed out, this one included. */
  readonly attempt: number
  /** What is left of a wait that is longer than a queue can hold, in milliseconds. */
  readonly waitLeft: number
  /** As the publisher set them. */
  readonly headers: Readonly<Record<string, unknown>>
  readonly properties: Properties
}

/** Undoes what retries, the broker and rascal have done to a message. */
export function received({ content, fields, properties }: Message): Received {
  const { rascal: _, ...headers } = (properties.headers ?? {}) as Record<string, unknown>
  const { exchange, routingKey, redelivered } = fields
  const sent = { content, redelivered, headers, properties: { ...properties, headers } }
  if (headers[own.attempt] === undefined) return { ...sent, exchange, routingKey, attempt: 1, waitLeft: 0 }
  const before = {
    attempt: Math.max(1, Number(textOf(headers[own.attempt])) || 1),
    waitLeft: Number(textOf(headers[own.wait])) || 0,
    exchange: textOf(headers[own.exchange] ?? exchange),
    routingKey: textOf(headers[own.routingKey] ?? routingKey),
  }
  for (const header of [...Object.values(own), ...broker]) delete headers[header]
  return { ...sent, ...before }
}

/**
 * The properties of a copy that is published again. Without those by which the broker would refuse it (`userId`), drop
 * it (`expiration`) or send it elsewhere as well (`CC`).
 */
export function copyOf(
  message: Received,
  id: string,
  headers: Readonly<Record<string, unknown>>,
): PublishFields {
  const { userId: _, expiration: __, headers: ___, deliveryMode: ____, ...properties } = message.properties
  const { CC: _____, BCC: ______, ...kept } = message.headers
  return {
    ...properties,
    messageId: properties.messageId ?? id,
    persistent: true,
    mandatory: true,
    headers: { ...kept, ...headers },
  }
}

/** Headers of a copy that waits for its next attempt. */
export function retryHeaders(
  { exchange, routingKey }: Received,
  attempt: number,
  waitLeft: number,
): Readonly<Record<string, unknown>> {
  return {
    [own.attempt]: attempt,
    [own.exchange]: exchange,
    [own.routingKey]: routingKey,
    ...(waitLeft > 0 ? { [own.wait]: waitLeft } : {}),
  }
}

/** Headers of a dead letter by which it can go back to where it was. */
export function originHeaders({ exchange, routingKey }: Received): Readonly<Record<string, unknown>> {
  return { [own.exchange]: exchange, [own.routingKey]: routingKey }
}

/** A dead letter as it was before it was set aside. Without the headers of an origin it was published to `otherwise`. */
export function beforeDeadLetter(
  message: Message,
  otherwise: { readonly exchange: string; readonly routingKey: string },
): Received {
  const { headers, ...origin } = received(message)
  const { [own.exchange]: exchange, [own.routingKey]: routingKey, ...others } = headers
  const kept = Object.fromEntries(Object.entries(others).filter(([name]) => !isBrokers(name)))
  return {
    ...origin,
    exchange: textOf(exchange ?? otherwise.exchange),
    routingKey: textOf(routingKey ?? otherwise.routingKey),
    headers: withoutDeadLetterHeaders(kept),
  }
}

function isBrokers(header: string): boolean {
  return (broker as readonly string[]).includes(header)
}

/** A routing key as the publisher named the topic: without the prefix. */
export function topicName(routingKey: string, prefix: string): string {
  const key = decodeRoutingKey(routingKey)
  return key.startsWith(prefix) ? key.slice(prefix.length) : key
}
