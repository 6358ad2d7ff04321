import { type Actor, deadLetterMessage, workThrough } from '../../kernel/adapter-kit.ts'
import {
  type DeadLetterMessage,
  type DeadLetterQueue,
  type DeadLetterQueues,
  TomodachiError,
} from '../../kernel/index.ts'
import type { Connection } from './connection.ts'
import { beforeDeadLetter, copyOf, retryHeaders } from './message.ts'
import { encodeRoutingKey } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import { type Channel, called, type Message } from './rascal.ts'
import { optionsOf, topologyOf } from './topology.ts'

/** What can be done with the dead letters of a broker; `running` throws when the bus is not started. */
export function deadLetterQueues(
  options: ResolvedOptions,
  running: (operation: string) => Connection,
): DeadLetterQueues {
  return {
    async list(actors) {
      const connection = running('listing dead letters')
      const counting = [...listed(actors, options)].map(async ([name, origins]) => {
        return { name, origins, count: await connection.count(name) }
      })
      return Promise.all(counting)
    },
    async peek(queue, { limit = 10 } = {}) {
      const connection = running(`looking at ${queue}`)
      if ((await connection.count(queue)) === 0) return []
      const messages = await connection.withChannel((channel) => taken(channel, queue, limit))
      return messages.map((message) => read(message, options))
    },
    async redrive(queue, { to, ...work } = {}) {
      const connection = running(`redriving ${queue}`)
      const count = await connection.count(queue)
      if (count === 0) return 0
      return connection.withChannel((channel) =>
        workThrough(work, count, async (most) => {
          const messages = await taken(channel, queue, most)
          await putBack(messages, channel, { queue, to, connection, options })
          return messages.length
        }),
      )
    },
    async discard(queue, work = {}) {
      const connection = running(`discarding ${queue}`)
      const count = await connection.count(queue)
      if (count === 0) return 0
      return connection.withChannel((channel) =>
        workThrough(work, count, async (most) => {
          const messages = await taken(channel, queue, most)
          for (const message of messages) channel.ack(message)
          return messages.length
        }),
      )
    },
  }
}

/** Dead-letter queues by name, each with the queues that it serves. */
function listed(
  actors: readonly Actor[],
  options: ResolvedOptions,
): ReadonlyMap<string, DeadLetterQueue['origins']> {
  const queues = new Map<string, string[]>()
  for (const { actor, queue, deadLetter } of topologyOf(actors, options).consumed) {
    const { competing, deadLetter: given } = optionsOf(actor.source)
    // That of a queue which goes with its instance can be found by that instance alone.
    if (competing === false && given === undefined) continue
    queues.set(deadLetter, [...(queues.get(deadLetter) ?? []), queue.name])
  }
  return queues
}

/** The next messages of a queue. Those that are not acked go back to their places when the channel is closed. */
async function taken(channel: Channel, queue: string, most: number): Promise<Message[]> {
  const messages: Message[] = []
  while (messages.length < most) {
    const message = await called<Message | false>((done) => channel.get(queue, {}, done))
    if (!message) break
    messages.push(message)
  }
  return messages
}

function read(message: Message, options: ResolvedOptions): DeadLetterMessage {
  const { content, properties } = message
  const { headers } = beforeDeadLetter(message, sentTo(message, options))
  return { ...deadLetterMessage(properties.messageId, properties.headers ?? {}, content), headers }
}

interface Way {
  readonly queue: string
  readonly to: string | undefined
  readonly connection: Connection
  readonly options: ResolvedOptions
}

/** Publishes copies into the queues that the messages came from, and acks each whose copy is confirmed. */
async function putBack(messages: readonly Message[], channel: Channel, way: Way): Promise<void> {
  const copying = messages.map(async (message) => {
    await copyBack(message, way)
    channel.ack(message)
  })
  const failed = (await Promise.allSettled(copying)).find(({ status }) => status === 'rejected')
  if (failed) throw (failed as PromiseRejectedResult).reason
}

async function copyBack(message: Message, { queue, to, connection, options }: Way): Promise<void> {
  const { 'x-dead-letter-queue': from = to, 'x-dead-letter-topic': topic = queue } =
    message.properties.headers ?? {}
  if (typeof from !== 'string') throw new TomodachiError('DEAD_LETTER_ORIGIN', { queue })
  const before = beforeDeadLetter(message, sentTo(message, options))
  await connection.publisher.publish({
    subject: String(topic),
    exchange: '',
    routingKey: from,
    content: message.content,
    fields: copyOf(before, message.properties.messageId ?? '', retryHeaders(before, 1, 0)),
  })
}

/** Where a dead letter was published to, as far as its topic says. */
function sentTo(
  { properties, fields }: Message,
  { exchangeName: exchange, routingKeyPrefix }: ResolvedOptions,
): { readonly exchange: string; readonly routingKey: string } {
  const { 'x-dead-letter-topic': topic } = properties.headers ?? {}
  const routingKey = topic === undefined ? fields.routingKey : encodeRoutingKey(routingKeyPrefix + topic)
  return { exchange, routingKey }
}
