/** Milliseconds for which requests have to wait too long on end: one piece of work that is a bit slow is no overload. */
const patience = 100
/** Milliseconds without a request that waits too long, after which the overload is over. */
const calm = 1_000
/** Milliseconds between two looks at the clock: a fifth of the limit, within reason. */
const share = 1 / 5
const longestInterval = 50

/**
 * How long requests wait for the event loop. A timer tells how late the loop is. A request may have waited as long as the
 * timer was late the last time, if the loop has not polled since, and as long as it is late now.
 */
export class LoopDelay {
  readonly #limit: number
  readonly #interval: number
  #timer: NodeJS.Timeout | undefined
  /** When the timer is due; this and the others are in milliseconds of `performance.now()`. */
  #due = Number.POSITIVE_INFINITY
  /** How late the timer was, until the requests that have waited meanwhile have been taken. */
  #late = 0
  /** Since when the delay has been above the limit. */
  #aboveSince: number | undefined
  /** When the overload is over, if no further request waits too long. */
  #overloadedUntil = 0

  /** `limit` in milliseconds. */
  constructor(limit: number) {
    this.#limit = limit
    this.#interval = Math.min(longestInterval, limit * share)
  }

  /** Looks at the clock until `close`, without keeping the process alive. */
  watch(): void {
    this.#due = performance.now() + this.#interval
    this.#timer = setInterval(() => this.#look(), this.#interval).unref()
  }

  /** Whether a request that is handled now has waited too long. */
  isExceeded(): boolean {
    const now = performance.now()
    const delay = this.#late + Math.max(0, now - this.#due)
    if (delay <= this.#limit) return false
    if (now >= this.#overloadedUntil) {
      this.#aboveSince ??= now - (delay - this.#limit)
      if (now - this.#aboveSince < patience) return false
    }
    this.#overloadedUntil = now + calm
    return true
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    const late = Math.max(0, now - this.#due)
    this.#due = now + this.#interval
    if (late <= this.#limit) this.#aboveSince = undefined
    this.#late = late
    // Timers run before the loop polls, and immediates after that.
    if (late > 0) setImmediate(() => (this.#late = 0))
  }
}
