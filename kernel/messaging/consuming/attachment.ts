import type { Arrival, Held, Receiver } from '../broker/broker.ts'
import type { Consumer } from '../broker/consumer.ts'

/** Who is told of what one consumer does. */
export interface Attached<Handle> {
  readonly prefetch: number
  readonly room: number
  take(arrival: Arrival<Handle>, by: Attachment<Handle>): Held
  off(error: unknown, by: Attachment<Handle>): void
}

/** One consumer of the broker, from the attempt to consume until it comes off or its link is lost. */
export class Attachment<Handle> implements Receiver<Handle> {
  /** Undefined until it is consumed: messages may come before that is known. */
  consumer: Consumer<Handle> | undefined
  /** Whether another one takes its place: it is told of no message, and what it says counts no more. */
  isOver = false
  readonly #owner: Attached<Handle>

  constructor(owner: Attached<Handle>) {
    this.#owner = owner
  }

  get prefetch(): number {
    return this.#owner.prefetch
  }

  get room(): number {
    return this.isOver ? 0 : this.#owner.room
  }

  take(arrival: Arrival<Handle>): Held {
    return this.#owner.take(arrival, this)
  }

  off(error: unknown): void {
    if (!this.isOver) this.#owner.off(error, this)
  }
}
