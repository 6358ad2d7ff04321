import { randomUUID } from 'node:crypto'
import { type Arrival, type MessageActor, textOf } from '../../../kernel/adapter-kit.ts'
import type { MessageGiven } from '../../../kernel/index.ts'
import { encodable } from '../connection/field-table.ts'
import type { DeliveryFields, Message, Properties, PublishFields } from '../connection/rascal.ts'
import { whyUnread } from '../connection/unread-headers.ts'
import { decodeRoutingKey } from '../topology/names.ts'
import type { AmqpSource } from '../topology/topic-options.ts'
import { isReplyAddress } from './reply-address.ts'

/** Properties of a message, as its publisher has set them (AMQP 0-9-1, class basic). */
export type AmqpProperties = Properties

/** What the bus gives to a handler. */
export interface AmqpGiven<Data = unknown> extends MessageGiven<Data> {
  /** The routing key that the message was published with, without the prefix of the bus. */
  readonly routingKey: string
  readonly exchange: string
  readonly properties: AmqpProperties
  /** Whether the broker has handed the message out before and taken it back. */
  readonly redelivered: boolean
}

type Mutable<Values> = { -readonly [Name in keyof Values]: Values[Name] }

/** Copies it into the context of a handler. */
export function fill(context: Mutable<AmqpGiven>, given: AmqpGiven): void {
  context.routingKey = given.routingKey
  context.exchange = given.exchange
  context.properties = given.properties
  context.redelivered = given.redelivered
}

/**
 * Headers of our copies: where the message was published to before it waited for a retry, how often it has been handed
 * out, what tells the copy from others, and what it had in headers that the broker sets when it dead-letters.
 */
const own = {
  attempt: 'x-tomodachi-attempt',
  copy: 'x-tomodachi-copy',
  deaths: 'x-tomodachi-deaths',
  exchange: 'x-tomodachi-exchange',
  redeliveries: 'x-tomodachi-redeliveries',
  routingKey: 'x-tomodachi-routing-key',
  wait: 'x-tomodachi-wait',
} as const

/** Header of a reply without a result, which says why there is none. */
export const failureHeader = 'x-tomodachi-failure'

/** Headers in which a quorum queue says how often it handed a message out. */
const counts = ['x-delivery-count', 'x-acquired-count'] as const

const ownHeaders = Object.values(own)
/** As `randomUUID` makes them. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Headers that the broker sets when it moves a message out of a retry queue. A copy must not bring its own: the broker
 * drops a message that seems to have been in a queue before.
 */
const broker = ['x-death', 'x-first-death-exchange', 'x-first-death-queue', 'x-first-death-reason'] as const

/**
 * A delivered message. It hides what retries and the broker have added to it since it was published. Our headers count
 * only on our copies, which come through the default exchange, and only if they make sense.
 */
export class Delivered implements Arrival<Delivered> {
  readonly fields: DeliveryFields
  readonly content: Buffer
  readonly exchange: string
  /** As it stands on the wire, prefix included. */
  readonly routingKey: string
  /** The routing key decoded, without the prefix. */
  readonly topic: string
  readonly attempt: number
  redeliveries = 0
  /** Whether a copy has to carry its redeliveries, because they are not stored. */
  carriesCount = false
  /** What tells one of our copies from others. */
  readonly copyId: string | undefined
  /** What is left of a wait that is too long for one queue, in milliseconds. */
  readonly waitLeft: number
  /** The properties, with the headers as the publisher set them. */
  readonly properties: Properties
  /** The headers that the publisher set, and the content type. */
  readonly headers: Readonly<Record<string, unknown>>
  readonly given: Omit<AmqpGiven, keyof MessageGiven>
  /** The actor that handles it; undefined while nobody does. */
  actor?: MessageActor
  /** Why it cannot be handled. */
  fault?: string
  #id: string | undefined

  /** `prefix` stands before the topic in routing keys; `queue` is what the message was consumed from. */
  constructor({ content, fields, properties }: Message, prefix: string, queue: string) {
    const headers: Record<string, unknown> = { ...properties.headers }
    const unread = whyUnread(properties.headers)
    if (unread !== undefined) this.fault = `its headers cannot be read: ${unread}`
    const isCopy = fields.exchange === '' && fields.routingKey === queue && headers[own.attempt] !== undefined
    this.fields = fields
    this.content = content
    this.attempt = isCopy ? numberIn(headers[own.attempt], 1) : 1
    this.redeliveries = isCopy ? numberIn(headers[own.redeliveries], 0) : 0
    const copyId = isCopy ? stringIn(headers[own.copy], '') : ''
    this.copyId = uuid.test(copyId) ? copyId : undefined
    this.waitLeft = isCopy ? numberIn(headers[own.wait], 0) : 0
    this.exchange = isCopy ? stringIn(headers[own.exchange], fields.exchange) : fields.exchange
    this.routingKey = isCopy ? stringIn(headers[own.routingKey], fields.routingKey) : fields.routingKey
    if (isCopy) {
      const { [own.deaths]: deaths } = headers
      for (const header of [...ownHeaders, ...broker]) delete headers[header]
      for (const header of broker) {
        const death = (deaths as Readonly<Record<string, unknown>> | null | undefined)?.[header]
        if (death !== undefined) headers[header] = death
      }
    }
    this.properties = { ...properties, headers }
    const { contentType } = properties
    this.headers = contentType === undefined ? headers : { ...headers, 'content-type': contentType }
    this.topic = topicName(this.routingKey, prefix)
    this.given = {
      routingKey: this.topic,
      exchange: this.exchange,
      properties: this.properties,
      redelivered: fields.redelivered,
    }
  }

  get handle(): this {
    return this
  }

  get payload(): Buffer | undefined {
    return this.fault === undefined ? this.content : undefined
  }

  /** The id in its format, once the kernel has read it; until then, the id in its properties. */
  get id(): string {
    const { metadata } = this.given as Partial<MessageGiven>
    this.#id ??= metadata?.messageUuid || this.properties.messageId || randomUUID()
    return this.#id
  }

  /** How often a quorum queue handed it out before, also to whoever gave it back. Others may set the header too. */
  get deliveryCount(): number {
    return (this.fields.redelivered && Number(textOf(this.properties.headers?.[counts[0]]))) || 0
  }

  /** Whether its handler replies, and somebody waits for it. */
  get wantsReply(): boolean {
    const { replies = false } = (this.actor?.source ?? {}) as Partial<AmqpSource>
    return replies && isReplyAddress(this.properties.replyTo ?? '')
  }
}

/** A number of ours in a header; `least` for anything else. */
function numberIn(header: unknown, least: number): number {
  return Number.isSafeInteger(header) ? Math.max(least, header as number) : least
}

function stringIn<Otherwise>(header: unknown, otherwise: Otherwise): string | Otherwise {
  return typeof header === 'string' ? header : otherwise
}

/**
 * The properties of a copy that is published again, without those that would make the broker refuse it (`userId`), drop it
 * (`expiration`) or send it elsewhere as well (`CC`), and without counts of its queue.
 */
export function copyOf(
  { properties: all, id }: Pick<Delivered, 'properties' | 'id'>,
  headers: Readonly<Record<string, unknown>>,
): PublishFields {
  const { userId: _, expiration: __, headers: ___, deliveryMode: ____, timestamp, ...properties } = all
  const kept: Record<string, unknown> = { ...all.headers }
  for (const header of ['CC', 'BCC', ...counts, ...ownHeaders]) delete kept[header]
  return {
    ...properties,
    ...(Number.isSafeInteger(timestamp) && { timestamp }),
    messageId: properties.messageId ?? id,
    persistent: true,
    mandatory: true,
    headers: { ...(encodable(kept) as typeof kept), ...headers },
  }
}

/** The same for a queue that the broker moves it out of: what it has in headers that the broker sets is kept in one of ours. */
export function withoutDeaths({ headers = {}, ...fields }: PublishFields): PublishFields {
  const isDeath = ([name]: readonly [string, unknown]) => (broker as readonly string[]).includes(name)
  const all = Object.entries(headers)
  const deaths = all.filter(isDeath)
  if (deaths.length === 0) return { ...fields, headers }
  const others = all.filter((entry) => !isDeath(entry))
  return { ...fields, headers: { ...Object.fromEntries(others), [own.deaths]: Object.fromEntries(deaths) } }
}

/** The headers of a copy of ours that only we read. */
export function ownHeadersIn({ headers = {} }: Properties): Readonly<Record<string, unknown>> {
  return Object.fromEntries(ownHeaders.filter((name) => name in headers).map((name) => [name, headers[name]]))
}

/** Where a message was published to. */
type Origin = Pick<Delivered, 'exchange' | 'routingKey'>

/** Headers of a copy that waits for its next attempt. */
export function retryHeaders(
  origin: Origin,
  attempt: number,
  waitLeft: number,
): Readonly<Record<string, unknown>> {
  return {
    [own.attempt]: attempt,
    [own.copy]: randomUUID(),
    ...originHeaders(origin),
    ...(waitLeft > 0 ? { [own.wait]: waitLeft } : {}),
  }
}

/** The header of a copy that says how often its original came back. */
export function redeliveryHeader(redeliveries: number): Readonly<Record<string, unknown>> {
  return { [own.redeliveries]: redeliveries }
}

/** Headers that say where a dead letter was published to, so that it can go back there. */
export function originHeaders({ exchange, routingKey }: Origin): Readonly<Record<string, unknown>> {
  return { [own.exchange]: exchange, [own.routingKey]: routingKey }
}

/** Where a dead letter was published to, and its other headers. If no header says so, `otherwise` is used. */
export function originOf(
  { properties }: Delivered,
  otherwise: Origin,
): { readonly origin: Origin; readonly headers: Readonly<Record<string, unknown>> } {
  const headers: Record<string, unknown> = { ...properties.headers }
  const { [own.exchange]: exchange, [own.routingKey]: routingKey } = headers
  for (const header of [own.exchange, own.routingKey, ...broker, ...counts]) delete headers[header]
  const origin = {
    exchange: stringIn(exchange, otherwise.exchange),
    routingKey: stringIn(routingKey, otherwise.routingKey),
  }
  return { origin, headers }
}

/** The topic as its publisher named it: the routing key decoded, without the prefix. */
export function topicName(routingKey: string, prefix: string): string {
  const key = decodeRoutingKey(routingKey)
  return key.startsWith(prefix) ? key.slice(prefix.length) : key
}
