import { type Pace, roundsPerSitting } from './pace.ts'

/** What is measured side by side, by name: each gives one figure for so many milliseconds of work. */
export type Contenders = Readonly<Record<string, (milliseconds: number) => Promise<number>>>

/** The figures by name. Those at the same position are of the same round. */
export type Samples = Readonly<Record<string, readonly number[]>>

/** Contenders that have been started, and how to end them. */
export interface Sitting {
  readonly contenders: Contenders
  end(): Promise<void>
}

/** Measures in several sittings, so that no figure hangs on how a single process happened to be compiled. */
export async function measure(pace: Pace, start: () => Promise<Sitting>): Promise<Samples> {
  const samples: Record<string, number[]> = {}
  for (let left = pace.sittings; left > 0; left--) {
    const { contenders, end } = await start()
    try {
      for (const work of Object.values(contenders)) await work(pace.warmUpMilliseconds)
      const taken = await interleave(contenders, roundsPerSitting(pace), pace.roundMilliseconds)
      for (const [name, figures] of Object.entries(taken))
        samples[name] = [...(samples[name] ?? []), ...figures]
    } finally {
      await end()
    }
  }
  return samples
}

/**
 * Measures every contender once in each round. Who comes first moves on by one from round to round, and every other
 * round runs backwards: nobody is to come after the same one each time.
 */
export async function interleave(
  contenders: Contenders,
  rounds: number,
  milliseconds: number,
): Promise<Samples> {
  const names = Object.keys(contenders)
  const samples: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length
    const turns = [...names.slice(first), ...names.slice(0, first)]
    for (const name of round % 2 === 0 ? turns : turns.reverse()) {
      const figure = await contenders[name]?.(milliseconds)
      if (figure !== undefined) samples[name]?.push(figure)
    }
  }
  return samples
}
