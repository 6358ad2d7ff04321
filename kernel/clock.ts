/** A source of time, in milliseconds. It also has the shape of an XState clock. */
export interface Clock {
  /** The time of day, in milliseconds since the epoch. It can be set forward and back. */
  now(): number
  /**
   * Time that only moves forward, from any starting point; nobody can set it. Default: the time of `now`, without its
   * steps back.
   */
  monotonic?(): number
  setTimeout(callback: () => void, delay: number): unknown
  clearTimeout(timer: unknown): void
}

/** The longest wait of a node timer; for more it fires at once. */
const longestTimer = 2 ** 31 - 1

/** A wait of any length, in steps that a node timer can take. */
class LongTimer {
  #timer: NodeJS.Timeout | undefined

  constructor(callback: () => void, delay: number) {
    this.#arm(callback, delay)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #arm(callback: () => void, delay: number): void {
    const left = delay - longestTimer
    this.#timer =
      left > 0
        ? setTimeout(() => this.#arm(callback, left), longestTimer)
        : setTimeout(callback, Math.max(0, delay))
  }
}

/**
 * The system's clock. Delays may have any length, even Infinity. The globals are looked up at each call, so fake timers
 * of a test runner work whenever they are installed.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delay) =>
    delay > longestTimer ? new LongTimer(callback, delay) : setTimeout(callback, delay),
  clearTimeout: (timer) => {
    if (timer instanceof LongTimer) timer.clear()
    else clearTimeout(timer as NodeJS.Timeout | undefined)
  },
}
