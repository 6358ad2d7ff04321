import type { Clock } from './clock.ts'

/** Timers of node may come this many milliseconds early, as they count whole ones. */
const earliness = 1

/**
 * Time that has passed, by a monotonic clock: deadlines and waits that follow it do not care when the machine's clock is
 * set. It never lags behind a timer that it has set, so it also works where a test replaces the timers and not
 * `performance` (the mock timers of node), or `performance` in between (then it does not go back). XState takes it as its clock.
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

  /** Milliseconds since it was made. */
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
