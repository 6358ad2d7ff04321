import type { Clock } from '../clock.ts'
import { type Duration, duration } from '../options/duration.ts'
import { realNumber } from '../options/option-shapes.ts'
import { resolveOption } from '../options/resolve-options.ts'

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  monotonic(): number
  /** Moves time forward and runs the timers that fall due, in order. Promises run between two timers. Rejects with `OPTION_INVALID`. */
  advance(time: Duration): Promise<void>
  /**
   * Moves time forward as if the process stood still: timers that fall due run late, at the next `advance`. Throws
   * `OPTION_INVALID`.
   */
  block(time: Duration): void
  /**
   * Sets what `now` returns, in milliseconds since the epoch. No time passes: timers and `monotonic` are not
   * affected. Throws `OPTION_INVALID`.
   */
  set(now: number): void
  /** How many timers are waiting. */
  readonly pending: number
}

interface ManualTimer {
  readonly due: number
  readonly callback: () => void
}

const place = { owner: 'manualClock', path: '' }
const moment = realNumber(0, 0, 8.64e15)
const passing = duration(0, { most: '36500d' })

/** Creates a clock for tests that stands at `startAt` (milliseconds since the epoch; default 0). Throws `OPTION_INVALID`. */
export function manualClock(startAt = 0): ManualClock {
  resolveOption(place, 'startAt', startAt, moment)
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
    async advance(time) {
      const until = passed + resolveOption(place, 'advance', time, passing)
      await turn()
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer)
        passed = Math.max(passed, timer.due)
        timer.callback()
        await turn()
      }
      passed = Math.max(passed, until)
    },
    block: (time) => {
      passed += resolveOption(place, 'block', time, passing)
    },
    set: (now) => {
      wallAtStart = resolveOption(place, 'set', now, moment) - passed
    },
  }
}
