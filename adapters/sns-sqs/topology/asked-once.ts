/** Answers by key: each is asked for once, and again after a failure or when it was forgotten. */
export class AskedOnce<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>()

  /** The answer that is known or on its way, else that of `ask`. */
  get(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key)
    if (known) return known
    const answer = ask()
    this.#answers.set(key, answer)
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key)
    })
    return answer
  }

  /** Forgets the answers to keys that are meant. */
  forget(isMeant: (key: string) => boolean): void {
    for (const key of this.#answers.keys()) if (isMeant(key)) this.#answers.delete(key)
  }
}
