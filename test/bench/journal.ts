import type { Samples } from './rounds.ts'

/** Several figures of each round, by contender. */
export class Journal<Figures extends Readonly<Record<string, number>>> {
  readonly #rounds: Record<string, Figures[]> = {}

  /** A contender whose figures are kept; those of its first call are of its warm-up, and are not. */
  contender(name: string, work: (milliseconds: number) => Promise<Figures>) {
    const rounds = this.#rounds[name] ?? []
    this.#rounds[name] = rounds
    let warm = false
    return async (milliseconds: number): Promise<number> => {
      const figures = await work(milliseconds)
      if (warm) rounds.push(figures)
      warm = true
      return 0
    }
  }

  /** One of the figures, as if it had been measured alone. */
  samples(figure: keyof Figures): Samples {
    return Object.fromEntries(
      Object.entries(this.#rounds).map(([name, rounds]) => [name, rounds.map((figures) => figures[figure])]),
    ) as Samples
  }
}
