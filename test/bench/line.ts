import type { Samples } from './rounds.ts'
import { ratioOf, spreadOf } from './statistics.ts'

/** What is measured. */
export interface Subject {
  readonly bench: string
  readonly case: string
  readonly unit: string
  readonly better: 'lower' | 'higher'
}

/** The result of one case, as `--json` prints it. */
export interface Line extends Subject {
  /** Median, in the unit. */
  readonly ours: number
  /** Medians of what we are held against, by name. */
  readonly against: Readonly<Record<string, number>>
  /** Ours divided by theirs: the median of the ratios within each round. */
  readonly ratio: Readonly<Record<string, number>>
  /** First and third quartile of the ratios. */
  readonly spread: Readonly<Record<string, readonly [number, number]>>
  readonly rounds: number
}

/** Puts the figures of one case together. Those under the name `ours` are ours. */
export function lineOf(subject: Subject, { ours = [], ...theirs }: Samples): Line {
  const opponents = Object.entries(theirs)
  const ratios = opponents.map(([name, figures]) => [name, ratioOf(ours, figures)] as const)
  return {
    ...subject,
    ours: rounded(spreadOf(ours).median),
    against: Object.fromEntries(
      opponents.map(([name, figures]) => [name, rounded(spreadOf(figures).median)]),
    ),
    ratio: Object.fromEntries(ratios.map(([name, { median }]) => [name, rounded(median)])),
    spread: Object.fromEntries(
      ratios.map(
        ([
          name,
          {
            quartiles: [lower, upper],
          },
        ]) => [name, [rounded(lower), rounded(upper)]],
      ),
    ),
    rounds: ours.length,
  }
}

/** Four digits are more than any of these figures is good for. */
function rounded(figure: number): number {
  return Number(figure.toPrecision(4))
}
