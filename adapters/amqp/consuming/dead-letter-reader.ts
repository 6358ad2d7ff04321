import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DeadLetterItem,
  type DeadLetterReader,
  textOf,
  withoutDeadLetterHeaders,
} from '../../../kernel/adapter-kit.ts'
import type { ResolvedOptions } from '../connection/options.ts'
import { type Channel, fromCallback, type Message } from '../connection/rascal.ts'
import { unreadHeader } from '../connection/unread-headers.ts'
import { copyOf, Delivered, originOf, ownHeadersIn, retryHeaders, topicName } from '../messages/message.ts'
import { type AmqpMessage, messageTo } from '../messages/outgoing.ts'
import { unwrap, wrappedHeader } from '../messages/wrapped.ts'
import { encodeRoutingKey } from '../topology/names.ts'
import { mostReturns } from '../topology/retries.ts'

/** A message in a dead-letter queue, and where it was published to. */
interface DeadMessage extends DeadLetterItem, Pick<ReturnType<typeof originOf>, 'origin'> {
  readonly delivered: Delivered
}

/** Reads a dead-letter queue over a channel. Messages that are not acked go back to their places when it closes. */
export function deadLetterReader(
  queue: string,
  channel: Channel,
  options: ResolvedOptions,
  send: (subject: string, message: AmqpMessage) => Promise<unknown>,
  count: () => Promise<number>,
): DeadLetterReader<DeadMessage> {
  const inHand = new Map<Delivered, Message>()
  return {
    async take(most) {
      const items: DeadMessage[] = []
      while (items.length < most) {
        const message = await fromCallback<Message | false>((done) => channel.get(queue, {}, done))
        if (!message) break
        const item = read(queue, message, options)
        inHand.set(item.delivered, message)
        items.push(item)
      }
      return items
    },
    async putBack({ delivered, headers, origin }, destination) {
      const topic = textOf(headers['x-dead-letter-topic'] ?? queue)
      // Those that could not be read may be larger than what can be sent.
      const { [unreadHeader]: _, ...kept } = withoutDeadLetterHeaders(headers)
      const before = { ...delivered.properties, headers: kept }
      const fields = copyOf({ properties: before, id: delivered.id }, retryHeaders(origin, 1, 0))
      await send(topic, messageTo('', destination, topic, delivered.content, fields))
    },
    ack({ delivered }) {
      inHand.delete(delivered)
      channel.ack(delivered)
    },
    async close() {
      try {
        // A quorum queue counts who looks, and may have a limit.
        for (const [{ id, deliveryCount }, message] of inHand) {
          if (deliveryCount < mostReturns) continue
          const { properties, content } = message
          await send(
            queue,
            messageTo('', queue, queue, content, copyOf({ properties, id }, ownHeadersIn(properties))),
          )
          channel.ack(message)
        }
      } finally {
        // It may be closed already.
        await fromCallback((done) => channel.close(done)).catch(() => {})
        await areBack(inHand.size, count).catch(() => {})
      }
    },
  }
}

/** A quorum queue takes a moment to have messages back, and says until then that it is empty. */
async function areBack(messages: number, count: () => Promise<number>): Promise<void> {
  for (let looks = 0; looks < 20 && (await count()) < messages; looks++) await sleep(25)
}

/** The message with the headers that its payload may contain. */
function unwrapped(message: Message): Message {
  const { [wrappedHeader]: isWrapped, ...reasons } = message.properties.headers ?? {}
  const found = isWrapped === true ? unwrap(message.content) : undefined
  if (!found) return message
  const properties = { ...message.properties, headers: { ...found.headers, ...reasons } }
  return { ...message, properties, content: found.payload }
}

function read(queue: string, message: Message, options: ResolvedOptions): DeadMessage {
  const delivered = new Delivered(unwrapped(message), options.routingKeyPrefix, queue)
  const { content: payload, properties, headers } = delivered
  const { 'x-dead-letter-topic': topic } = headers
  const death = topic === undefined ? deathIn(message) : undefined
  // The original routing key, if the topic tells it.
  const routingKey =
    typeof topic === 'string'
      ? encodeRoutingKey(options.routingKeyPrefix + topic)
      : (death?.routingKey ?? message.fields.routingKey)
  const exchange = death?.exchange ?? options.exchangeName
  const wasRetried = delivered.routingKey !== message.fields.routingKey
  const origin = originOf(delivered, wasRetried ? delivered : { exchange, routingKey })
  const reasons = death && reasonsOf(death, topicName(origin.origin.routingKey, options.routingKeyPrefix))
  return {
    id: properties.messageId,
    payload,
    delivered,
    ...origin,
    headers: { ...origin.headers, ...reasons },
  }
}

/** What the broker says of a message that it set aside itself. */
type Death = NonNullable<ReturnType<typeof deathIn>>

function deathIn({ properties }: Message) {
  const { 'x-death': deaths } = properties.headers ?? {}
  // The latest is the first. Anybody may have set the header.
  const [death] = Array.isArray(deaths) ? deaths : []
  if (typeof death !== 'object' || death === null) return undefined
  const { queue, reason, exchange, 'routing-keys': keys } = death as Readonly<Record<string, unknown>>
  const routingKey = Array.isArray(keys) ? keys[0] : undefined
  if ([queue, reason, exchange, routingKey].some((text) => typeof text !== 'string')) return undefined
  return { queue, reason, exchange, routingKey } as Readonly<
    Record<'queue' | 'reason' | 'exchange' | 'routingKey', string>
  >
}

function reasonsOf({ queue, reason }: Death, topic: string): Readonly<Record<string, unknown>> {
  return {
    'x-dead-letter-reason': `the broker set it aside: ${reason}`,
    'x-dead-letter-queue': queue,
    'x-dead-letter-topic': topic,
  }
}
