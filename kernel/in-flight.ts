/**
 * Counts the work that an adapter has begun itself and not finished, such as calls and publishes. Its `idle` can be the
 * adapter's `idle`.
 */
export class InFlight {
  #size = 0
  #waiting: (() => void)[] = []

  /** How many pieces of work have not finished. */
  get size(): number {
    return this.#size
  }

  /** Runs the work and counts it until it ends. Settles as the work does; the caller handles a failure. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#size++
    try {
      return await work()
    } finally {
      this.#size--
      if (this.#size === 0) for (const wake of this.#waiting.splice(0)) wake()
    }
  }

  /** Resolves when no work is left, and code that awaited the last piece has had time to begin another. */
  async idle(): Promise<void> {
    while (this.#size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
