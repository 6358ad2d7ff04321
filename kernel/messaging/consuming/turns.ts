import { Fifo } from '../../fifo.ts'

/** Lets a number of pieces of work run at a time. The others wait for their turn, in order. */
export class Turns {
  #free: number
  readonly #waiting = new Fifo<() => void>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Settles as the work does. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}
