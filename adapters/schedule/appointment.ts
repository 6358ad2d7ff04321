import type { Plan } from './plan.ts'

/** What is to happen by a plan. */
export interface Job {
  readonly plan: Plan
  readonly immediately: boolean
  /** Names it in logs. */
  readonly name: string
  /** Called at a planned moment, with that moment in milliseconds since the epoch. */
  tick(moment: number): void
}

/**
 * Jumps of more than three hours are corrections of the clock: the new time counts (cron(8), "Daylight Saving Time and
 * other time changes").
 */
const correction = 3 * 3_600_000
/** A clock that is set back by less is adjusted: even what comes every hour must not come twice for it. */
const adjustment = 60_000

/** A job, and when it comes next, on the clock of its plan. Infinity means never again, unless the clock is set. */
export class Appointment {
  readonly job: Job
  due = Number.POSITIVE_INFINITY
  /** The planned moment of the latest tick. */
  #latest = Number.NEGATIVE_INFINITY
  /** What was planned until then is done. */
  #done = Number.NEGATIVE_INFINITY

  constructor(job: Job) {
    this.job = job
  }

  /** Plans the first tick after a moment. */
  planAfter(moment: number): void {
    this.due = this.job.plan.next(moment) ?? Number.POSITIVE_INFINITY
  }

  /** Plans the tick after that which is due. Returns whether others have been missed, which it stands for as well. */
  goOn(now: number): boolean {
    this.#latest = this.due
    this.planAfter(this.due)
    const missed = this.due <= now
    if (missed) this.planAfter(now)
    this.#done = missed ? now : this.#latest
    return missed
  }

  /**
   * Plans anew, after the clock was set back by so many milliseconds, at `moment` of the new time or soon after. The rules are
   * those of cron(8): what follows the clock follows the new time; what comes at certain times does not come twice,
   * unless the jump was a correction.
   */
  clockWasSetBack(milliseconds: number, moment: number): void {
    const { by } = this.job.plan
    if (by === 'calendar' && milliseconds > correction) this.#done = Number.NEGATIVE_INFINITY
    if (by !== 'clock') return this.planAfter(Math.max(moment, this.#done))
    this.planAfter(moment)
    if (milliseconds < adjustment && this.due === this.#latest) this.planAfter(this.due)
  }
}
