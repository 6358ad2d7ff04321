import { createHash } from 'node:crypto'
import { inTime } from '../../../kernel/adapter-kit.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import type { Delivered } from '../messages/message.ts'
import type { AmqpQueue } from '../topology/topology.ts'
import { type Change, isPassing, RedeliveryStore, slow } from './redelivery-store.ts'

/** How long a release, and the end, wait for the store, in milliseconds. */
const patience = 3_000
/** How long messages wait to be counted, in milliseconds: those behind them wait, too. */
const countPatience = 5_000

/** What is stored for a message, when this is stored already; undefined if nothing is. */
type Changed = (stored: number | undefined) => number | undefined

const settled: Changed = () => undefined

/** A message in hand that has come back, or several that are not told apart. */
interface Counted {
  readonly count: number
  messages: number
}

/**
 * Counts how often messages come back. The broker only says that a message was handed out before, or counts what a stop
 * gives back as well. So the counts are stored beside the queue, which keeps its order: a message that came back is
 * counted before it is handled, and forgotten when it is settled. One that is released is stored with one less than it
 * will be counted.
 */
export class Redeliveries {
  readonly #store: RedeliveryStore
  readonly #log: LinkParts['session']['log']
  readonly #facts: { readonly queue: string }
  /** Whether others may get what is released. */
  readonly #isShared: boolean
  readonly #inHand = new Map<string, Counted>()
  readonly #keys = new Map<Delivered, string>()
  /** What is not stored yet, of released messages and of settled ones. */
  readonly #changed = new Map<string, Changed>()
  #storing: Promise<boolean> | undefined
  #hasWarned = false

  constructor(queue: AmqpQueue, parts: LinkParts) {
    this.#store = new RedeliveryStore(queue, parts)
    this.#log = parts.session.log
    this.#facts = { queue: queue.name }
    this.#isShared = !queue.private && !queue.exclusive
  }

  /**
   * Counts messages that came back, before they are handled. Where that cannot be stored, or where the count may be that
   * of another message, a copy has to carry it. While the broker takes no messages they are not held up for it.
   */
  async count(messages: readonly Delivered[]): Promise<void> {
    let counted = new Map<string, number>()
    const keys = messages.map(identityOf)
    try {
      const updated = this.#update((stored) => {
        counted = new Map()
        for (const key of keys) {
          // Those that are not told apart came back together.
          const count = this.#inHand.get(key)?.count ?? counted.get(key) ?? (stored.get(key) ?? 0) + 1
          counted.set(key, count)
          // It becomes the newest.
          stored.delete(key)
          stored.set(key, count)
        }
      })
      await inTime(updated, countPatience, slow)
    } catch (error) {
      const isLater = isPassing(error)
      for (const [index, message] of messages.entries()) {
        // What was stored before may have been read.
        const count = isLater && isNamed(message) ? counted.get(keys[index] as string) : undefined
        message.redeliveries += count ?? 1
        message.carriesCount = !isLater
      }
      return isLater ? undefined : this.#warn(error)
    }
    for (const [index, message] of messages.entries()) {
      const key = keys[index] as string
      const count = counted.get(key) ?? 1
      const held = this.#inHand.get(key)
      if (held) held.messages++
      else this.#inHand.set(key, { count, messages: 1 })
      this.#keys.set(message, key)
      message.redeliveries += count
      message.carriesCount = count > 1 && !isNamed(message)
      // The count may be that of another message.
      const { redeliveries: most = count } = message.actor?.source.retry ?? {}
      if (message.carriesCount) message.redeliveries = Math.min(count, most)
    }
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const facts = { ...this.#facts, error }
    this.#log.warn('cannot count how often messages come back; copies of them carry their counts', facts)
  }

  /** Call it when a message is settled. */
  forget(message: Delivered): void {
    if (this.#keys.size === 0) return
    const key = this.#drop(message)
    if (key === undefined || this.#inHand.has(key)) return
    this.#changed.set(key, settled)
    if (this.#inHand.size === 0) this.#storeSoon()
  }

  /** Call it before a message is released. Resolves with whether its count can be stored, now or when the broker is faster. */
  async release(message: Delivered): Promise<boolean> {
    if (!this.#isShared) return true
    const known = this.#keys.get(message)
    const key = known ?? identityOf(message)
    const held = known === undefined ? undefined : this.#inHand.get(known)
    this.#drop(message)
    // Where it was not counted here, others may have counted it.
    this.#changed.set(key, (stored = 0) => (held?.count ?? stored) - 1)
    return this.#storeSoon()
  }

  /** Resolves when everything is stored, or could not be. */
  async close(): Promise<void> {
    this.#keys.clear()
    this.#inHand.clear()
    if (this.#changed.size > 0) await this.#storeSoon()
    this.#store.close()
  }

  #drop(message: Delivered): string | undefined {
    const key = this.#keys.get(message)
    const held = key === undefined ? undefined : this.#inHand.get(key)
    if (key === undefined || !held) return undefined
    this.#keys.delete(message)
    if (--held.messages === 0) this.#inHand.delete(key)
    return key
  }

  /** With everything that changes at the same time. Resolves with whether it is stored. */
  #storeSoon(): Promise<boolean> {
    this.#storing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#storing = undefined
      return inTime(this.#update(), patience, slow).then(() => true, isPassing)
    })
    return this.#storing
  }

  async #update(change: Change = () => {}): Promise<void> {
    let stored: readonly (readonly [string, Changed])[] = []
    await this.#store.update((counts) => {
      stored = [...this.#changed]
      for (const [key, changed] of stored) {
        const count = changed(counts.get(key))
        counts.delete(key)
        if (count !== undefined) counts.set(key, count)
      }
      // Somebody may have deleted the store.
      for (const [key, { count }] of this.#inHand) counts.set(key, Math.max(count, counts.get(key) ?? count))
      change(counts)
    })
    for (const [key, changed] of stored) if (this.#changed.get(key) === changed) this.#changed.delete(key)
  }
}

/** Whether its publisher, or who has copied it, gave it an id. */
function isNamed({ copyId, properties }: Delivered): boolean {
  return (copyId ?? properties.messageId) !== undefined
}

/**
 * Without an id, two messages with the same content are not told apart. A message of one kind is never taken for one of
 * another.
 */
function identityOf({ copyId, properties: { messageId }, content }: Delivered): string {
  const hash = createHash('sha1').update(
    JSON.stringify({ copyId, messageId: copyId ? undefined : messageId }),
  )
  return (copyId ? hash : hash.update(content)).digest('base64')
}
