import type { Clock } from './clock.ts'

/** Node's timers may fire this many milliseconds early, because they count whole ones. */
const earliness = 1

/**
 * Measures time by a monotonic clock, so that deadlines and waits do not change when the system's clock is set. It
 * never lags behind a timer that it has set. So it also works in a test that replaces the timers but not
 * `performance` (node's mock timers), or `performance` in between (then it does not go back). XState takes it as
 * its clock.
 */
export class Stopwatch {
  readonly #clock: Clock
  #seen: number
  #elapsed = 0

  /** Starts at 0. */
  constructor(clock: Clock) {
    this.#clock = clock
    this.#seen = this.#reading()
  }

  /** Milliseconds since it was created. */
  read(): number {
    const reading = this.#reading()
    if (reading > this.#seen) this.#elapsed += reading - this.#seen
    this.#seen = reading
    return this.#elapsed
  }

  readonly setTimeout = (callback: () => void, delay: number): unknown => {
    const due = this.read() + delay
    return this.#clock.setTimeout(() => {
      if (due - this.read() > earliness) this.#elapsed = due
      callback()
    }, delay)
  }

  readonly clearTimeout = (timer: unknown): void => this.#clock.clearTimeout(timer)

  #reading(): number {
    return this.#clock.monotonic?.() ?? this.#clock.now()
  }
}
