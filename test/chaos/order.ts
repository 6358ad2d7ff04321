import type { Outcome } from './outcome.ts'

/** What a run is asked for. */
export interface Order {
  /** A tenth of the messages, and few faults. */
  readonly short: boolean
  /** Is told what is done to the run. */
  report(line: string): void
}

/** Resolves when the run is over. Rejects when one of its processes failed, or it could not begin. */
export type ChaosRun = (order: Order) => Promise<Outcome>
