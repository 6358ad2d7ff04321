import { Fifo } from '../../fifo.ts'
import type { Outgoing, SendLimits } from '../broker/broker.ts'
import type { Entry } from './entry.ts'

/** Messages for one target that are not under way. Some of them nobody waits for any more; those are left out. */
export class Lane<Message extends Outgoing> {
  readonly target: string
  readonly isInOrder: boolean
  readonly #limits: SendLimits
  /** Messages that go again, before others. */
  #again: Entry<Message>[] = []
  readonly #waiting = new Fifo<Entry<Message>>()
  #waitingBytes = 0
  /** Messages that have failed for a passing reason, and rest. */
  resting: Entry<Message>[] = []
  rest: NodeJS.Timeout | undefined
  lingering: NodeJS.Timeout | undefined
  /** Whether those that wait have waited long enough. */
  isDue = false
  underWay = 0

  constructor(target: string, limits: SendLimits) {
    this.target = target
    this.isInOrder = limits.inOrder?.(target) ?? false
    this.#limits = limits
  }

  /** Whether nothing at all is left of it. */
  get isIdle(): boolean {
    return this.isEmpty && this.underWay + this.resting.length === 0
  }

  /** Whether nothing waits to be sent. */
  get isEmpty(): boolean {
    return this.#again.length + this.#waiting.length === 0
  }

  /** Whether a call can be made, and is worth it. */
  isReady(lingers: boolean): boolean {
    if (this.isEmpty || (this.isInOrder && this.underWay + this.resting.length > 0)) return false
    if (!lingers || this.isDue || this.#again.length > 0) return true
    return this.#waiting.length >= this.#limits.entries || this.#waitingBytes >= (this.#limits.bytes ?? 0)
  }

  push(pending: Entry<Message>): void {
    this.#waiting.push(pending)
    this.#waitingBytes += pending.bytes
  }

  /** Takes messages back that go before all others. */
  unshift(pending: readonly Entry<Message>[]): void {
    this.#again = [...pending, ...this.#again].sort((one, other) => one.sequence - other.sequence)
  }

  /** The messages of the next call, at most `most`. */
  next(most: number): Entry<Message>[] {
    const { entries, bytes: limit = Number.POSITIVE_INFINITY } = this.#limits
    const batch: Entry<Message>[] = []
    let bytes = 0
    for (;;) {
      const pending = this.#again[0] ?? this.#waiting.first
      if (!pending) return batch
      const isAwaited = pending.place >= 0
      const isFull =
        batch.length >= entries || batch.length >= most || (batch.length > 0 && bytes + pending.bytes > limit)
      if (isAwaited && isFull) return batch
      if (this.#again[0] === pending) this.#again.shift()
      else {
        this.#waiting.shift()
        this.#waitingBytes -= pending.bytes
      }
      if (!isAwaited) continue
      batch.push(pending)
      bytes += pending.bytes
    }
  }

  /** Forgets its timers. */
  close(): void {
    clearTimeout(this.rest)
    clearTimeout(this.lingering)
    this.rest = undefined
    this.lingering = undefined
  }
}
