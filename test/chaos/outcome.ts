import { Census, type Noted } from './census.ts'

/** What a run came to, as its last line says it. */
export interface Outcome {
  /** Messages that were given to `publish`. */
  readonly published: number
  /** Those of them whose `publish` resolved. */
  readonly confirmed: number
  /** Those of them that a handler got. */
  readonly handled: number
  /** Confirmed, and never handled. */
  readonly lost: number
  /** Times that a handler got a message it had, or another process had, got before. */
  readonly duplicates: number
  /** What was done to the run, by kind. */
  readonly faults: Readonly<Record<string, number>>
}

/** Compares what was confirmed with what was handled; numbers below `published`, in any order and as often as it happened. */
export function outcomeOf(
  published: number,
  confirmed: readonly Noted[],
  handled: readonly Noted[],
  faults: Readonly<Record<string, number>>,
): Outcome {
  const [all, arrived] = [confirmed, handled].map((noted) => new Census(noted, published).update()) as [
    Census,
    Census,
  ]
  let lost = 0
  for (let number = 0; number < published; number++) if (all.has(number) && !arrived.has(number)) lost++
  const { distinct, repeated } = arrived
  return { published, confirmed: all.distinct, handled: distinct, lost, duplicates: repeated, faults }
}
