/** How long a benchmark takes. */
export interface Pace {
  /** Rounds in all; each contender is measured once in each of them. */
  readonly rounds: number
  /** How many times the contenders are started anew: a process keeps the luck of its first compilation. */
  readonly sittings: number
  /** Of one contender in one round. */
  readonly roundMilliseconds: number
  /** Of one contender before the first round. */
  readonly warmUpMilliseconds: number
  /** Connections that are opened to see what an idle one costs. */
  readonly idleConnections: number
}

/** For figures to quote. */
export const fullPace: Pace = {
  rounds: 42,
  sittings: 3,
  roundMilliseconds: 200,
  warmUpMilliseconds: 2_000,
  idleConnections: 10_000,
}

/** To see that everything still runs; its figures mean little. */
export const quickPace: Pace = {
  rounds: 3,
  sittings: 1,
  roundMilliseconds: 50,
  warmUpMilliseconds: 50,
  idleConnections: 1_000,
}

/** The rounds of each sitting: the same number for all, so that none is cut short. */
export function roundsPerSitting({ rounds, sittings }: Pace): number {
  return Math.ceil(rounds / sittings)
}
