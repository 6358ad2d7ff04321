/** The moments at which something is to happen. */
export interface Plan {
  /**
   * The clock that it goes by. Moments are in milliseconds: of `elapsed` since the start, of the others since the epoch.
   * `calendar` means certain times of certain days, `clock` every hour, and `once` a single moment.
   */
  readonly by: 'elapsed' | 'calendar' | 'clock' | 'once'
  /** The first planned moment after another; undefined: none any more. */
  next(after: number): number | undefined
}

/**
 * Every so many milliseconds from the start on. Each moment is reckoned from the start, so that nothing adds up: not
 * how late a tick was, nor how long its handler took.
 */
export function intervalPlan(milliseconds: number): Plan {
  return {
    by: 'elapsed',
    next: (after) => (Math.floor(after / milliseconds) + 1) * milliseconds,
  }
}

/** One moment only. */
export function oncePlan(moment: number): Plan {
  return { by: 'once', next: (after) => (moment > after ? moment : undefined) }
}
