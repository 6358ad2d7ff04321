import { Fifo, outside } from '../../kernel/adapter-kit.ts'
import type { StoredMessage } from './stored-message.ts'

/** Takes messages out of a queue. */
export interface Consumer {
  /** Whether it can take one more. */
  hasRoom(): boolean
  take(message: StoredMessage): void
}

/** Messages in order of arrival, and the consumers that compete for them. */
export class MemoryQueue {
  readonly name: string
  readonly #returned: StoredMessage[] = []
  readonly #ready = new Fifo<StoredMessage>()
  readonly #consumers: Consumer[] = []
  /** The place of the consumer whose turn it is. */
  #next = 0
  #turn: NodeJS.Immediate | undefined

  constructor(name: string) {
    this.name = name
  }

  /** Messages that wait. */
  get length(): number {
    return this.#returned.length + this.#ready.length
  }

  /** The messages that wait, the next one first. */
  peek(): readonly StoredMessage[] {
    return [...this.#returned, ...this.#ready]
  }

  /** Takes the next message out. */
  take(): StoredMessage | undefined {
    return this.#returned.shift() ?? this.#ready.shift()
  }

  push(message: StoredMessage): void {
    this.#ready.push(message)
    this.schedule()
  }

  /** Puts a message that was handed out but not handled back into its place, before those that wait. */
  giveBack(message: StoredMessage): void {
    const later = this.#returned.findIndex(({ sequence }) => sequence > message.sequence)
    this.#returned.splice(later < 0 ? this.#returned.length : later, 0, message)
    this.schedule()
  }

  /** Puts messages back before all others. */
  putFirst(messages: readonly StoredMessage[]): void {
    this.#returned.unshift(...messages)
    this.schedule()
  }

  attach(consumer: Consumer): void {
    this.#consumers.push(consumer)
    this.schedule()
  }

  detach(consumer: Consumer): void {
    const index = this.#consumers.indexOf(consumer)
    if (index < 0) return
    this.#consumers.splice(index, 1)
    if (index < this.#next) this.#next--
  }

  /**
   * Hands messages out in the next turn of the event loop. Publishing must not run a handler within the publisher, and
   * a chain of messages must not keep the event loop from other work.
   */
  schedule(): void {
    if (this.#turn || this.length === 0 || this.#consumers.length === 0) return
    this.#turn = outside(setImmediate, undefined, this.#dispatch)
  }

  /** Runs outside the publisher's async context, because it hands out the messages of all publishers. */
  readonly #dispatch = (): void => {
    this.#turn = undefined
    for (let left = this.length; left > 0; left--) {
      const consumer = this.#nextConsumer()
      if (!consumer) return
      consumer.take(this.take() as StoredMessage)
    }
    this.schedule()
  }

  /** Consumers take turns; one without room is passed over. */
  #nextConsumer(): Consumer | undefined {
    for (let tries = this.#consumers.length; tries > 0; tries--) {
      if (this.#next >= this.#consumers.length) this.#next = 0
      const consumer = this.#consumers[this.#next++] as Consumer
      if (consumer.hasRoom()) return consumer
    }
    return undefined
  }
}
