import { createHash } from 'node:crypto'
import { letGo } from '../../../kernel/adapter-kit.ts'
import { getLogger, hasCode } from '../../../kernel/index.ts'
import { declarationError, saidBy } from '../connection/errors.ts'
import { type Channel, fromCallback, type Message, type ServerError } from '../connection/rascal.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import type { Delivered } from '../messages/message.ts'
import { messageTo } from '../messages/outgoing.ts'
import { isQuorum, redeliveryQueue } from '../topology/retries.ts'
import type { AmqpQueue, QueueDeclaration } from '../topology/topology.ts'

/** Most messages that are counted; the oldest are forgotten. */
const mostCounted = 10_000

/**
 * Counts how often messages come back. The broker only says that a message was handed out before, or counts what a stop
 * gives back as well. So the counts stand in a message of their own, in a queue beside the consumed one: it is written
 * before a message that came back is handled, and forgets a message that is settled or released. The consumed queue
 * keeps its order. Several instances may write at the same time; then there are several such messages, and the highest
 * count is the right one.
 */
export class Redeliveries {
  readonly #parts: LinkParts
  readonly #queue: QueueDeclaration
  readonly #isQuorum: boolean
  /** Whether the queue does not exist, and cannot be declared. */
  #isMissing = false
  #channel: Channel | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Counted messages that are in hand. */
  readonly #inHand = new Set<string>()
  /** Counted messages that are settled, and have to be forgotten. */
  readonly #done = new Set<string>()

  constructor(queue: AmqpQueue, parts: LinkParts) {
    this.#parts = parts
    this.#queue = redeliveryQueue(queue)
    this.#isQuorum = isQuorum(queue)
  }

  /**
   * Counts messages that came back, before they are handled. Those that cannot be counted are handled all the same; then
   * a quorum queue says how often, although it counts releases too.
   */
  async count(messages: readonly Delivered[]): Promise<void> {
    if (this.#isMissing) return this.#believe(messages)
    try {
      await this.#update((counts) => {
        for (const message of messages) {
          const key = keyOf(message)
          const count = (counts.get(key) ?? 0) + 1
          message.redeliveries += count
          message.wasLost = count > 1
          // It becomes the newest.
          counts.delete(key)
          counts.set(key, count)
          this.#inHand.add(key)
        }
      })
    } catch (error) {
      this.#isMissing = hasCode(
        declarationError((error as ServerError).code, saidBy(error)),
        'BROKER_OBJECT_MISSING',
      )
      this.#believe(messages)
      const { options, session } = this.#parts
      if (this.#isMissing && !options.declare) return
      const facts = { queue: this.#queue.name, error }
      session.log.warn('cannot count how often messages come back', facts)
    }
  }

  #believe(messages: readonly Delivered[]): void {
    if (this.#isQuorum) for (const message of messages) message.redeliveries += message.deliveryCount
  }

  /** Call it when a message is settled or released. */
  forget(message: Delivered): void {
    if (message.redeliveries === 0 || !this.#inHand.delete(keyOf(message))) return
    this.#done.add(keyOf(message))
    if (this.#inHand.size === 0) letGo(this.#flush())
  }

  /** Resolves when everything that is done has been forgotten, or could not be. */
  async close(): Promise<void> {
    await this.#flush()
    await this.#last
    this.#closeChannel()
  }

  async #flush(): Promise<void> {
    if (this.#done.size > 0) await this.#update(() => {}).catch(() => {})
  }

  #closeChannel(): void {
    const channel = this.#channel
    this.#channel = undefined
    // It may be closed already.
    if (channel) letGo(fromCallback((done) => channel.close(done)))
  }

  #update(change: (counts: Map<string, number>) => void): Promise<void> {
    const updated = this.#last.then(() => this.#rewrite(change))
    this.#last = updated.catch(() => {})
    return updated
  }

  async #rewrite(change: (counts: Map<string, number>) => void): Promise<void> {
    const { declarations, session } = this.#parts
    const { name } = this.#queue
    try {
      await declarations.ensure(this.#queue)
      this.#channel ??= await this.#open()
      const channel = this.#channel
      const found = await this.#take(channel)
      const counts = countsIn(found)
      // One that is done may have come back meanwhile.
      const done = [...this.#done].filter((key) => !this.#inHand.has(key))
      for (const key of done) counts.delete(key)
      change(counts)
      if (counts.size > 0) {
        const entries = [...counts].slice(-mostCounted)
        const fields = { persistent: true, mandatory: true, contentType: 'application/json' }
        await session.send(name, messageTo('', name, name, Buffer.from(JSON.stringify(entries)), fields))
      }
      for (const message of found) channel.ack(message)
      for (const key of done) this.#done.delete(key)
    } catch (error) {
      // What was taken goes back to its place.
      declarations.forget(this.#queue)
      this.#closeChannel()
      throw error
    }
  }

  async #open(): Promise<Channel> {
    const channel = await this.#parts.connections.channel()
    // Whoever waits for an answer is given the same error.
    channel.on('error', () => {})
    channel.on('close', () => {
      if (this.#channel === channel) this.#channel = undefined
    })
    return channel
  }

  async #take(channel: Channel): Promise<Message[]> {
    const { connections } = this.#parts
    const found: Message[] = []
    for (;;) {
      const getting = fromCallback<Message | false>((done) => channel.get(this.#queue.name, {}, done))
      const message = await connections.within(getting)
      if (!message) return found
      found.push(message)
    }
  }
}

/** Two messages with one id and the same content are not told apart. */
function keyOf({ properties: { messageId = '' }, content }: Delivered): string {
  return createHash('sha1').update(`${messageId}\n`).update(content).digest('base64')
}

function countsIn(messages: readonly Message[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { content } of messages) {
    try {
      for (const [key, count] of JSON.parse(String(content)) as [string, number][])
        counts.set(key, Math.max(count, counts.get(key) ?? 0))
    } catch (error) {
      getLogger('tomodachi.amqp').warn('counts of redeliveries cannot be read', { error })
    }
  }
  return counts
}
