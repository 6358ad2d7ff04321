import { setTimeout as sleep } from 'node:timers/promises'
import { inTime, letGo } from '../../../kernel/adapter-kit.ts'
import { getLogger, hasCode } from '../../../kernel/index.ts'
import { declarationError, saidBy } from '../connection/errors.ts'
import { type Channel, fromCallback, type Message, type ServerError } from '../connection/rascal.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import { messageTo } from '../messages/outgoing.ts'
import { redeliveryQueue } from '../topology/retries.ts'
import type { QueueDeclaration } from '../topology/topology.ts'

/** Most messages that are counted; the oldest are forgotten. */
const mostCounted = 10_000
/**
 * How long another instance may have the counts before they are begun anew, and how long the broker may take for a
 * message, in milliseconds.
 */
export const patience = 2_000
/** About how long to wait before looking again whether they are back, in milliseconds. */
const pause = 20

/** The broker takes too long for a step, as it does while it blocks publishing. */
class SlowBroker extends Error {}

/** The error of such a step. */
export const slow = (): Error => new SlowBroker('the broker is slow')

/** Whether counts could not be stored only because the broker takes nothing at the moment. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof SlowBroker || hasCode(error, 'PUBLISH_TIMEOUT') || hasCode(error, 'PUBLISH_OVERFLOW')
  )
}

/** Changes the counts. It may be called again, with others. */
export type Change = (counts: Map<string, number>) => void

/**
 * The counts of a queue's messages by their identity, which all instances share. They stand in one message, in a queue
 * of its own. An instance takes that message, and puts a changed one in its place; whoever finds none meanwhile waits
 * for it. The broker gives back what a dead instance has taken. Several messages, from instances that have not found
 * each other's, become one again; the higher count is right.
 */
export class RedeliveryStore {
  readonly #parts: LinkParts
  readonly #queue: QueueDeclaration
  #channel: Channel | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(queue: QueueDeclaration, parts: LinkParts) {
    this.#parts = parts
    this.#queue = redeliveryQueue(queue)
  }

  /** Resolves when the changed counts are confirmed. Changes follow one another. */
  update(change: Change): Promise<void> {
    const updated = this.#last.then(() => this.#replace(change))
    this.#last = updated.catch(() => {})
    return updated
  }

  close(): void {
    const channel = this.#channel
    this.#channel = undefined
    // It may be closed already.
    if (channel) letGo(fromCallback((done) => channel.close(done)))
  }

  async #replace(change: Change): Promise<void> {
    try {
      await this.#tryReplacing(change)
    } catch (error) {
      if (!hasCode(error, 'BROKER_OBJECT_MISSING') || !this.#parts.options.declare) throw error
      // Somebody has deleted the queue.
      await this.#tryReplacing(change)
    }
  }

  async #tryReplacing(change: Change): Promise<void> {
    const { name } = this.#queue
    try {
      const isNew = await this.#declared()
      this.#channel ??= await this.#open()
      const channel = this.#channel
      const found = await this.#take(channel, isNew)
      const counts = countsIn(found)
      change(counts)
      const fields = { persistent: true, mandatory: true, contentType: 'application/json' }
      const content = Buffer.from(JSON.stringify([...counts].slice(-mostCounted)))
      const message = { ...messageTo('', name, name, content, fields), into: this.#queue }
      await inTime(this.#parts.session.send(name, message), patience, slow)
      for (const message of found) channel.ack(message)
    } catch (error) {
      this.#parts.declarations.forget(this.#queue)
      // What was taken goes back to its place.
      this.close()
      throw declarationError((error as ServerError).code, saidBy(error)) ?? error
    }
  }

  /** Resolves with whether the queue was made now, so that nobody can have its message. */
  async #declared(): Promise<boolean> {
    const { declarations } = this.#parts
    if (declarations.isFresh(this.#queue)) return false
    const isMissing = await declarations.look(this.#queue.name).then(
      () => false,
      (error) => hasCode(error, 'BROKER_OBJECT_MISSING'),
    )
    await declarations.ensure(this.#queue)
    return isMissing
  }

  async #open(): Promise<Channel> {
    const channel = await this.#parts.connections.channel()
    channel.on('close', () => {
      if (this.#channel === channel) this.#channel = undefined
    })
    return channel
  }

  async #take(channel: Channel, isNew: boolean): Promise<readonly Message[]> {
    const deadline = performance.now() + patience
    for (;;) {
      const found = await this.#takeAll(channel)
      if (found.length > 0 || isNew || performance.now() > deadline) return found
      await sleep(pause * (0.5 + Math.random()))
    }
  }

  async #takeAll(channel: Channel): Promise<readonly Message[]> {
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

function countsIn(messages: readonly Message[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { content } of messages) {
    try {
      for (const [key, count] of JSON.parse(String(content)) as [string, number][])
        counts.set(key, Math.max(count, counts.get(key) ?? count))
    } catch (error) {
      getLogger('tomodachi.amqp').warn('counts of redeliveries cannot be read', { error })
    }
  }
  return counts
}
