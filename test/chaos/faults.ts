/** How many faults of each kind strike in a run. */
export type FaultCounts<Kind extends string = string> = Readonly<Record<Kind, number>>

export interface Fault<Kind extends string = string> {
  readonly kind: Kind
  /** Its position among those of its kind, from 0 on. */
  readonly turn: number
}

/** The faults in the order in which they strike: each kind spread evenly over the run, one kind not always after another. */
export function faultsOf<Kind extends string>(counts: FaultCounts<Kind>): Fault<Kind>[] {
  const kinds = Object.entries(counts) as [Kind, number][]
  return kinds
    .flatMap(([kind, count], index) => {
      const offset = (index + 1) / (kinds.length + 1)
      return Array.from({ length: count }, (_, turn) => ({ kind, turn, at: (turn + offset) / count }))
    })
    .toSorted((one, other) => one.at - other.at)
    .map(({ kind, turn }) => ({ kind, turn }))
}
