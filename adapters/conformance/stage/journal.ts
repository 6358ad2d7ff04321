/** What handlers have done: which messages, in which order, how many at once. */
export class Journal {
  /** A text for every handling that has begun, in that order. */
  readonly started: string[] = []
  /** A text for every handling that has ended well, in that order. */
  readonly finished: string[] = []
  /** Handlings under way. */
  running = 0
  /** The most that have been under way at once. */
  peak = 0
  readonly #known = new Set<string>()

  /** Writes down a message that is handled at once. */
  note(data: unknown): void {
    this.started.push(String(data))
    this.#end(String(data))
  }

  /** Writes down a message that takes some time. Rejects as `work` does, and then it has not been handled. */
  async during(data: unknown, work: () => Promise<unknown>): Promise<void> {
    this.started.push(String(data))
    this.running++
    this.peak = Math.max(this.peak, this.running)
    try {
      await work()
      this.#end(String(data))
    } finally {
      this.running--
    }
  }

  /** Whether a message has been handled. */
  has(text: string): boolean {
    return this.#known.has(text)
  }

  #end(text: string): void {
    this.finished.push(text)
    this.#known.add(text)
  }
}
