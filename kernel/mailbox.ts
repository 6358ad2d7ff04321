import { Fifo } from './fifo.ts'

interface Waiting<T> {
  readonly item: T
  readonly key: unknown
}

/**
 * Decides when something may run: at most `concurrency` at once; never two of the same key at once, and each key in
 * order of arrival. The key undefined stands for no order.
 */
export class Mailbox<T> {
  readonly #concurrency: number
  readonly #run: (item: T) => void
  readonly #ready = new Fifo<Waiting<T>>()
  /** For each key that has an item ready or running: those that wait behind it. */
  readonly #behind = new Map<unknown, Fifo<Waiting<T>>>()
  #running = 0
  #starting = false

  constructor(concurrency: number, run: (item: T) => void) {
    this.#concurrency = concurrency
    this.#run = run
  }

  /** Runs the item now, or when its turn comes. */
  push(item: T, key?: unknown): void {
    if (key !== undefined) {
      const behind = this.#behind.get(key)
      if (behind) return behind.push({ item, key })
      this.#behind.set(key, new Fifo())
    }
    this.#ready.push({ item, key })
    this.#startReady()
  }

  /** Says that an item of this key, which was run, has ended, so that others may start. */
  done(key?: unknown): void {
    this.#running--
    if (key !== undefined) {
      const next = this.#behind.get(key)?.shift()
      if (next) this.#ready.push(next)
      else this.#behind.delete(key)
    }
    this.#startReady()
  }

  /** A loop, not recursion: items that end at once must not deepen the stack. */
  #startReady(): void {
    if (this.#starting) return
    this.#starting = true
    while (this.#running < this.#concurrency) {
      const next = this.#ready.shift()
      if (next === undefined) break
      this.#running++
      this.#run(next.item)
    }
    this.#starting = false
  }
}
