import type { Ability, Features } from './world.ts'

/** A law that was left out. */
export interface NotProved {
  readonly law: string
  /** The abilities that the law needs and the bus or its world lacks. */
  readonly absent: readonly Ability[]
}

/** The result of the laws, by their names. */
export interface Report {
  readonly proved: readonly string[]
  readonly broken: readonly string[]
  readonly notProved: readonly NotProved[]
  /** Abilities that were declared false without leaving a law out: some laws ask for less without them. */
  readonly lenientWithout: readonly Ability[]
}

/** Prints a report as one line: `53 laws proved, 0 broken, 1 not proved: C11 wildcards (wildcards)`. */
export function printReport({ proved, broken, notProved, lenientWithout }: Report): void {
  const names = notProved.map(({ law, absent }) => `${law.split(':')[0]} (${absent.join(', ')})`)
  const left = [`${names.length} not proved`, ...(names.length > 0 ? [names.join('; ')] : [])].join(': ')
  const lenient =
    lenientWithout.length > 0 ? `; others ask for less without ${lenientWithout.join(', ')}` : ''
  console.log(`${proved.length} laws proved, ${broken.length} broken, ${left}${lenient}`)
}

/** Notes what becomes of each law, and tells when the last has been judged. */
export class Reporter {
  readonly #tell: (report: Report) => void
  readonly #absent: readonly Ability[]
  readonly #notProved: NotProved[] = []
  /** By law: undefined before it has been judged, then whether it holds. A runner may judge one again. */
  readonly #verdicts = new Map<string, boolean | undefined>()

  constructor(tell: (report: Report) => void, features: Features) {
    this.#tell = tell
    this.#absent = (Object.keys(features) as Ability[]).filter((name) => features[name] === false)
  }

  leaveOut(law: NotProved): void {
    this.#notProved.push(law)
  }

  /** The same proof, whose end is noted. */
  judging(law: string, prove: () => Promise<void>): () => Promise<void> {
    this.#verdicts.set(law, undefined)
    return async () => {
      let holds = false
      try {
        await prove()
        holds = true
      } finally {
        this.#judge(law, holds)
      }
    }
  }

  #judge(law: string, holds: boolean): void {
    this.#verdicts.set(law, holds)
    const ended = (verdict: boolean) =>
      [...this.#verdicts].filter(([, is]) => is === verdict).map(([name]) => name)
    const [proved, broken] = [ended(true), ended(false)]
    if (proved.length + broken.length < this.#verdicts.size) return
    const needed = new Set(this.#notProved.flatMap(({ absent }) => absent))
    const lenientWithout = this.#absent.filter((ability) => !needed.has(ability))
    this.#tell({ proved, broken, notProved: this.#notProved, lenientWithout })
  }
}
