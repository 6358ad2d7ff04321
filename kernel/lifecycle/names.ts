/** Makes names unique. */
export class Names {
  readonly #taken = new Set<string>()
  /** How often a name was asked for, so that a thousand equal names do not each try all numbers. */
  readonly #asked = new Map<string, number>()

  /** The name, with a number if it is taken. */
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
