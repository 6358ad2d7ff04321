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

/** Compares what was confirmed with what was handled; numbers of messages, in any order and as often as it happened. */
export function outcomeOf(
  published: number,
  confirmed: readonly Uint32Array[],
  handled: readonly Uint32Array[],
  faults: Readonly<Record<string, number>>,
): Outcome {
  const confirmedOnce = new Set(confirmed.flatMap((numbers) => [...numbers]))
  const every = handled.flatMap((numbers) => [...numbers])
  const handledOnce = new Set(every)
  return {
    published,
    confirmed: confirmedOnce.size,
    handled: handledOnce.size,
    lost: [...confirmedOnce].filter((number) => !handledOnce.has(number)).length,
    duplicates: every.length - handledOnce.size,
    faults,
  }
}
