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

/** So many faults in all, of these kinds, in the same parts; what cannot be parted goes to the first kinds. */
export function inParts<Kind extends string>(total: number, counts: FaultCounts<Kind>): FaultCounts<Kind> {
  const kinds = Object.entries(counts) as [Kind, number][]
  let [left, parts] = [total, kinds.reduce((sum, [, count]) => sum + count, 0)]
  const shares = kinds.map(([kind, count]) => {
    const share = Math.ceil((left * count) / parts)
    left -= share
    parts -= count
    return [kind, share]
  })
  return Object.fromEntries(shares)
}
