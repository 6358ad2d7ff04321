/** Where time comes from. Shaped so that XState takes it as its clock too. Times are in milliseconds. */
export interface Clock {
  /** What clocks on the wall show, since the epoch. It can be set, forward and back. */
  now(): number
  /** Time that passes, from any moment on; nobody sets it. Default: that of `now`, without its steps back. */
  monotonic?(): number
  setTimeout(callback: () => void, delay: number): unknown
  clearTimeout(timer: unknown): void
}

/** The longest that a timer of node waits; it fires at once when it is asked for more. */
const longestTimer = 2 ** 31 - 1

/** A wait of any length, in pieces that a timer holds. */
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
 * The machine's own time; delays may be of any length, also Infinity. Every call looks the globals up, so that fake
 * timers of a test runner hold from their installation on, whenever that is.
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
  /** Moves time on and runs what falls due, in order; between two timers, promises get their turn. */
  advance(milliseconds: number): Promise<void>
  /** Lets time pass in which the process stands still: what falls due meanwhile runs, late, at the next `advance`. */
  block(milliseconds: number): void
  /** Sets what `now` shows, to milliseconds since the epoch. No time passes: timers and `monotonic` know nothing of it. */
  set(now: number): void
  /** Timers that wait. */
  readonly pending: number
}

interface ManualTimer {
  readonly due: number
  readonly callback: () => void
}

/** Makes a clock for tests, standing at `startAt` (milliseconds since the epoch; default 0). */
export function manualClock(startAt = 0): ManualClock {
  const timers = new Set<ManualTimer>()
  let passed = 0
  let wallAtStart = startAt

  function nextDue(until: number): ManualTimer | undefined {
    let next: ManualTimer | undefined
    for (const timer of timers) if (timer.due <= until && (!next || timer.due < next.due)) next = timer
    return next
  }
  /** A turn of the event loop lets every promise that is ready go on before the next timer. */
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
