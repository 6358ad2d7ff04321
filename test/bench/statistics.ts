/** Where the middle half of some figures lies. */
export interface Spread {
  readonly median: number
  /** First and third quartile. */
  readonly quartiles: readonly [lower: number, upper: number]
}

/** Median and quartiles. Throws a RangeError when there are no figures. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = sortedOf(figures)
  return {
    median: quantile(sorted, 0.5),
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
  }
}

/** The figure below which a part of all figures lies, such as 0.99. Throws a RangeError when there are no figures. */
export function quantileOf(figures: readonly number[], part: number): number {
  return quantile(sortedOf(figures), part)
}

function sortedOf(figures: readonly number[]): number[] {
  if (figures.length === 0) throw new RangeError('nothing has been measured')
  return figures.toSorted((one, other) => one - other)
}

/** The spread of the ratios within each pair: what disturbs a whole round falls out of it. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  return spreadOf(ours.map((figure, index) => figure / (theirs[index] ?? Number.NaN)))
}

/** Between two figures the value is interpolated. */
function quantile(sorted: readonly number[], part: number): number {
  const position = (sorted.length - 1) * part
  const below = sorted[Math.floor(position)] as number
  const above = sorted[Math.ceil(position)] as number
  return below + (above - below) * (position - Math.floor(position))
}
