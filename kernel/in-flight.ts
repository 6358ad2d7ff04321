/**
 * What an adapter has begun of its own accord and not finished: calls, publishes. Its `idle` is the adapter's `idle`.
 */
export class InFlight {
  #size = 0
  #waiting: (() => void)[] = []

  /** Pieces of work that have not ended. */
  get size(): number {
    return this.#size
  }

  /** Does the work, and counts it until it has ended. Ends as the work does; a failure stays the caller's. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#size++
    try {
      return await work()
    } finally {
      this.#size--
      if (this.#size === 0) for (const wake of this.#waiting.splice(0)) wake()
    }
  }

  /** Resolves when none is left, and whoever awaited the last one has had the time to go on with another. */
  async idle(): Promise<void> {
    while (this.#size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
