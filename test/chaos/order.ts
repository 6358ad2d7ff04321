import type { CutsOutcome } from './amqp-cuts.ts'
import type { FuzzOutcome } from './fuzz.ts'
import type { Outcome } from './outcome.ts'

/** What a run is asked for. */
export interface Order {
  /** A tenth of the messages and few faults, or a hundred inputs of each class. */
  readonly short: boolean
  /** Of a fuzz run; random when it is left out. */
  readonly seed?: number | undefined
  /** Is told what is done to the run. */
  report(line: string): void
}

/** Resolves when the run is over. Rejects when one of its processes failed, or it could not begin. */
export type ChaosRun = (order: Order) => Promise<Outcome | CutsOutcome | FuzzOutcome>
