/** Names that have been given out. */
export class Names {
  readonly #taken = new Set<string>()
  /** How many have asked for a name: a thousand of the same must not each try all numbers. */
  readonly #asked = new Map<string, number>()

  /** The name, or the name with a number when it is taken. */
  unique(name: string): string {
    let number = this.#asked.get(name) ?? 0
    let candidate: string
    do candidate = ++number === 1 ? name : `${name}#${number}`
    while (this.#taken.has(candidate))
    this.#asked.set(name, number)
    this.#taken.add(candidate)
    return candidate
  }
}
