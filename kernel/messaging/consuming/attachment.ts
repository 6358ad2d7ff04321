import { follow, isPromise } from '../../promise.ts'
import type { Arrival, Held, Receiver } from '../broker/broker.ts'
import type { Consumer } from '../broker/consumer.ts'

/** Takes what consumers hand over. */
export interface Taker<Handle> {
  readonly prefetch: number
  readonly room: number
  take(arrival: Arrival<Handle>, by: Attachment<Handle>): Held
}

/** One consumer of the broker, from the attempt to consume until it comes off or its link is lost. */
export class Attachment<Handle> implements Receiver<Handle> {
  /** Undefined until it is consumed: messages may come before that is known. */
  consumer: Consumer<Handle> | undefined
  /** Whether another one takes its place: it is told of no message, and what it says counts no more. */
  isOver = false
  /** While its consumer stops: resolves when no message can come any more. */
  stopping: Promise<void> | undefined
  readonly #taker: Taker<Handle>
  readonly #off: (error: unknown) => void

  /** `off` is called when the consumer comes off, unless it is over. */
  constructor(taker: Taker<Handle>, off: (error: unknown) => void) {
    this.#taker = taker
    this.#off = off
  }

  get prefetch(): number {
    return this.#taker.prefetch
  }

  get room(): number {
    return this.isOver ? 0 : this.#taker.room
  }

  /** Has the consumer take no more. */
  stop(): void {
    const stopping = this.consumer?.stop()
    if (!isPromise(stopping)) return
    const ended = () => {
      this.stopping = undefined
    }
    this.stopping = follow(stopping, ended, ended)
  }

  take(arrival: Arrival<Handle>): Held {
    return this.#taker.take(arrival, this)
  }

  off(error: unknown): void {
    if (!this.isOver) this.#off(error)
  }
}
