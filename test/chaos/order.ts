import type { CutsOutcome } from './amqp-cuts.ts'
import { type FaultCounts, inParts } from './faults.ts'
import type { FuzzOutcome } from './fuzz.ts'
import type { Outcome } from './outcome.ts'

/** What a run is asked for. */
export interface Order {
  /** A tenth of the messages and few faults, or a hundred inputs of each class. */
  readonly short: boolean
  /** Messages in all, in place of those of the run. Fuzz and cuts have none. */
  readonly messages?: number | undefined
  /** Faults in all, in place of those of the run, and of the same kinds in the same parts. */
  readonly faults?: number | undefined
  /** Of a fuzz run; random when it is left out. */
  readonly seed?: number | undefined
  /** Is told what is done to the run. */
  report(line: string): void
}

/** How long a run is, and what strikes it. */
export interface RunSize<Kind extends string> {
  readonly messages: number
  readonly faults: FaultCounts<Kind>
}

/** What a run is to be, where it is `usual` unless the order says otherwise. Each of two publishers sends half of it. */
export function sizeOf<Kind extends string>(order: Order, usual: RunSize<Kind>): RunSize<Kind> {
  const { messages = usual.messages, faults } = order
  return {
    messages: messages + (messages % 2),
    faults: faults === undefined ? usual.faults : inParts(faults, usual.faults),
  }
}

/** Resolves when the run is over. Rejects when one of its processes failed, or it could not begin. */
export type ChaosRun = (order: Order) => Promise<Outcome | CutsOutcome | FuzzOutcome>
