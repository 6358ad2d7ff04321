import type { Payload, WireHeaders } from '../../envelopes/index.ts'
import { clockOption, outside, resolveOptions, Stopwatch } from '../../kernel/adapter-kit.ts'
import type { Clock } from '../../kernel/index.ts'
import { Bindings } from './bindings.ts'
import { MemoryQueue } from './queue.ts'
import { StoredMessage } from './stored-message.ts'

interface Delayed {
  /** On the stopwatch of the broker. */
  readonly due: number
  readonly queue: MemoryQueue
  readonly message: StoredMessage
}

/**
 * The broker of memory buses: queues, and topics bound to them. Give one broker to several `memory()` adapters, and
 * they behave like several processes on one broker. Its timers run only while an adapter is attached.
 */
export class MemoryBroker {
  readonly #stopwatch: Stopwatch
  readonly #queues = new Map<string, MemoryQueue>()
  readonly #bindings = new Bindings()
  /** Sorted by due time. */
  readonly #delayed: Delayed[] = []
  /** Dead-letter queues by the queue whose messages they hold. */
  readonly #aside = new Map<string, string>()
  #published = 0
  #attached = 0
  #timer: unknown

  /** Throws `OPTION_INVALID`. */
  constructor(options: { readonly clock?: Clock | undefined } = {}) {
    const { clock } = resolveOptions('MemoryBroker', options, { clock: clockOption() })
    this.#stopwatch = new Stopwatch(clock)
  }

  /** Returns the queue of this name, and creates it if it does not exist. */
  queue(name: string): MemoryQueue {
    let queue = this.#queues.get(name)
    if (!queue) {
      queue = new MemoryQueue(name)
      this.#queues.set(name, queue)
    }
    return queue
  }

  /** Whether a queue of this name exists. */
  has(name: string): boolean {
    return this.#queues.has(name)
  }

  /** Binds a queue to a topic or pattern: messages of matching topics are copied to it. Throws `PATTERN_INVALID`. */
  bind(queue: MemoryQueue, pattern: string): void {
    this.#bindings.add(queue, pattern)
  }

  /** Records which dead-letter queue takes the messages of a queue. */
  setAsideIn(queue: string, deadLetter: string): void {
    this.#aside.set(queue, deadLetter)
  }

  /**
   * The dead-letter queue that a name stands for: the queue of this name, or the one that holds messages of the queue
   * of this name.
   */
  deadLetterQueue(wanted: string): string {
    const isItself = [...this.#aside.values()].includes(wanted)
    return isItself ? wanted : (this.#aside.get(wanted) ?? wanted)
  }

  /** Removes a queue, its bindings and its messages. */
  remove(queue: MemoryQueue): void {
    this.#queues.delete(queue.name)
    this.#aside.delete(queue.name)
    this.#bindings.remove(queue)
  }

  /** Puts a copy of the message into every queue whose binding matches; each queue gets it once. */
  publish(topic: string, payload: Payload, headers: WireHeaders = {}, delay = 0): void {
    // A publisher may reuse its own bytes and headers.
    const own = typeof payload === 'string' ? payload : Uint8Array.from(payload)
    const message = new StoredMessage(++this.#published, topic, own, { ...headers })
    for (const queue of this.#bindings.queuesOf(topic)) this.enqueue(queue, message, delay)
  }

  /** Puts a message into one queue, after `delay` milliseconds. */
  enqueue(queue: MemoryQueue, message: StoredMessage, delay = 0): void {
    if (!(delay > 0)) {
      queue.push(message)
      return
    }
    const entry = { due: this.#stopwatch.read() + delay, queue, message }
    this.#delayed.splice(this.#positionOf(entry.due), 0, entry)
    this.#arm()
  }

  /** The messages that wait in this queue, without delayed ones. */
  peek(name: string): readonly StoredMessage[] {
    return this.#queues.get(name)?.peek() ?? []
  }

  /** How many messages wait in this queue, including delayed ones. */
  count(name: string): number {
    return (
      (this.#queues.get(name)?.length ?? 0) + this.#delayed.filter(({ queue }) => queue.name === name).length
    )
  }

  /** How many messages wait in all queues. */
  total(): number {
    return [...this.#queues.values()].reduce((sum, { length }) => sum + length, 0) + this.#delayed.length
  }

  /** Adapters call this when they start. */
  attach(): void {
    this.#attached++
    this.#arm()
  }

  /** Adapters call this when they stop. After the last one the broker's timer stops; delayed messages stay. */
  detach(): void {
    this.#attached--
    this.#arm()
  }

  #positionOf(due: number): number {
    let low = 0
    let high = this.#delayed.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#delayed[middle] as Delayed).due <= due) low = middle + 1
      else high = middle
    }
    return low
  }

  #arm(): void {
    this.#stopwatch.clearTimeout(this.#timer)
    this.#timer = undefined
    const [first] = this.#delayed
    if (!first || this.#attached === 0) return
    const wait = Math.ceil(Math.max(0, first.due - this.#stopwatch.read()))
    this.#timer = outside(() => this.#stopwatch.setTimeout(() => this.#releaseDue(), wait))
  }

  #releaseDue(): void {
    const due = this.#delayed.splice(0, this.#positionOf(this.#stopwatch.read()))
    for (const { queue, message } of due) queue.push(message)
    this.#arm()
  }
}
