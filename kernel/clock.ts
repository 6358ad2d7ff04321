/** Where timers come from. Shaped so that XState takes it as its clock too. Times are in milliseconds. */
export interface Clock {
  now(): number
  setTimeout(callback: () => void, delay: number): unknown
  clearTimeout(timer: unknown): void
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: Date.now,
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time on and runs what falls due, in order; between two timers, promises get their turn. */
  advance(milliseconds: number): Promise<void>
  /** Timers that wait. */
  readonly pending: number
}

/** Makes a clock for tests, standing at `startAt` (milliseconds since the epoch; default 0). */
export function manualClock(startAt = 0): ManualClock {
  interface Timer {
    readonly due: number
    readonly callback: () => void
  }
  const timers = new Set<Timer>()
  let now = startAt

  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of timers) if (timer.due <= until && (!next || timer.due < next.due)) next = timer
    return next
  }
  /** A turn of the event loop lets every promise that is ready go on before the next timer. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

  return {
    now: () => now,
    setTimeout(callback, delay) {
      const timer = { due: now + Math.max(0, delay), callback }
      timers.add(timer)
      return timer
    },
    clearTimeout: (timer) => void timers.delete(timer as Timer),
    get pending() {
      return timers.size
    },
    async advance(milliseconds) {
      const until = now + milliseconds
      await turn()
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.due)
        timer.callback()
        await turn()
      }
      now = until
    },
  }
}
