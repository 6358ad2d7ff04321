import {
  type DeadLetterItem,
  type DeadLetterReader,
  textOf,
  withoutDeadLetterHeaders,
} from '../../../kernel/adapter-kit.ts'
import type { ResolvedOptions } from '../connection/options.ts'
import { type Channel, fromCallback, type Message } from '../connection/rascal.ts'
import { copyOf, Delivered, originOf, retryHeaders } from '../messages/message.ts'
import { type AmqpMessage, messageTo } from '../messages/outgoing.ts'
import { encodeRoutingKey } from '../topology/names.ts'

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
): DeadLetterReader<DeadMessage> {
  return {
    async take(most) {
      const items: DeadMessage[] = []
      while (items.length < most) {
        const message = await fromCallback<Message | false>((done) => channel.get(queue, {}, done))
        if (!message) break
        items.push(read(queue, message, options))
      }
      return items
    },
    async putBack({ delivered, headers, origin }, destination) {
      const topic = textOf(headers['x-dead-letter-topic'] ?? queue)
      const before = { ...delivered.properties, headers: withoutDeadLetterHeaders(headers) }
      const fields = copyOf({ properties: before, id: delivered.id }, retryHeaders(origin, 1, 0))
      await send(topic, messageTo('', destination, topic, delivered.payload, fields))
    },
    ack: ({ delivered }) => channel.ack(delivered),
    // It may be closed already.
    close: () => fromCallback((done) => channel.close(done)).catch(() => {}) as Promise<void>,
  }
}

function read(
  queue: string,
  message: Message,
  { exchangeName: exchange, routingKeyPrefix }: ResolvedOptions,
): DeadMessage {
  const delivered = new Delivered(message, routingKeyPrefix, queue)
  const { 'x-dead-letter-topic': topic } = delivered.headers
  // The original routing key, if the topic tells it.
  const routingKey =
    typeof topic === 'string' ? encodeRoutingKey(routingKeyPrefix + topic) : message.fields.routingKey
  const { payload, properties } = delivered
  return { id: properties.messageId, payload, delivered, ...originOf(delivered, { exchange, routingKey }) }
}
