/** The moments at which something is to happen, in milliseconds since the epoch. */
export interface Plan {
  /** The first planned moment after another, of a schedule that was started at `startedAt`; undefined: none any more. */
  next(after: number, startedAt: number): number | undefined
  /** True when it counts time that has passed, false when it reads the calendar. */
  readonly elapsed: boolean
}

/**
 * Every so many milliseconds from the start on. Each moment is reckoned from the start, so that nothing adds up: not
 * how late a tick was, nor how long its handler took.
 */
export function intervalPlan(milliseconds: number): Plan {
  return {
    elapsed: true,
    next: (after, startedAt) =>
      startedAt + (Math.floor((after - startedAt) / milliseconds) + 1) * milliseconds,
  }
}

/** One moment only. */
export function oncePlan(moment: number): Plan {
  return { elapsed: false, next: (after) => (moment > after ? moment : undefined) }
}
