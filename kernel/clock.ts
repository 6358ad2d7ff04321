/** A source of time, in milliseconds. It has the shape of an XState clock, too. */
export interface Clock {
  /** The time of day, in milliseconds since the epoch. It can be set forward and back. */
  now(): number
  /**
   * Time that only moves forward, from any starting point; nobody can set it. Default: that of `now`, without its
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
 * The system's time. Delays may have any length, even Infinity. The globals are looked up at each call, so fake
 * timers of a test runner work whenever they are installed.
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

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  monotonic(): number
  /** Moves time forward and runs the timers that fall due, in order. Promises run between two timers. */
  advance(milliseconds: number): Promise<void>
  /** Moves time forward as if the process stood still: timers that fall due run late, at the next `advance`. */
  block(milliseconds: number): void
  /**
   * Sets what `now` returns, in milliseconds since the epoch. No time passes: timers and `monotonic` are not
   * affected.
   */
  set(now: number): void
  /** How many timers are waiting. */
  readonly pending: number
}

interface ManualTimer {
  readonly due: number
  readonly callback: () => void
}

/** Creates a clock for tests that stands at `startAt` (milliseconds since the epoch; default 0). */
export function manualClock(startAt = 0): ManualClock {
  const timers = new Set<ManualTimer>()
  let passed = 0
  let wallAtStart = startAt

  function nextDue(until: number): ManualTimer | undefined {
    let next: ManualTimer | undefined
    for (const timer of timers) if (timer.due <= until && (!next || timer.due < next.due)) next = timer
    return next
  }
  /** One turn of the event loop, in which every promise that is ready runs before the next timer. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

  return {
    now: () => wallAtStart + passed,
    monotonic: () => passed,
    setTimeout(callback, delay) {
      const timer = { due: passed + Math.max(0, delay), callback }
      timers.add(timer)
      return timer
    },
    clearTimeout: (timer) => void timers.delete(timer as ManualTimer),
    get pending() {
      return timers.size
    },
    async advance(milliseconds) {
      const until = passed + milliseconds
      await turn()
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer)
        passed = Math.max(passed, timer.due)
        timer.callback()
        await turn()
      }
      passed = Math.max(passed, until)
    },
    block: (milliseconds) => {
      passed += milliseconds
    },
    set: (now) => {
      wallAtStart = now - passed
    },
  }
}
