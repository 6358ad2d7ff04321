/** Numbers in the order in which they were noted. */
export interface Noted {
  /** Some of those from this place on, none where there are no more. */
  read(from: number): Uint32Array
}

/** Which numbers have been noted: a bit for each, so that a run of millions takes no more memory than it has to. */
export class Census {
  /** Different numbers. */
  distinct = 0
  /** Notes of numbers that had been noted before. */
  repeated = 0
  readonly #bits: Uint8Array
  readonly #sources: readonly Noted[]
  readonly #read: number[]

  /** `numbers` is one more than the largest number that there may be. */
  constructor(sources: readonly Noted[], numbers: number) {
    this.#sources = sources
    this.#read = sources.map(() => 0)
    this.#bits = new Uint8Array(Math.ceil(numbers / 8))
  }

  /** Takes in what has been noted since it was last asked to. */
  update(): this {
    for (const [index, source] of this.#sources.entries()) {
      for (;;) {
        const numbers = source.read(this.#read[index] as number)
        if (numbers.length === 0) break
        this.#read[index] = (this.#read[index] as number) + numbers.length
        for (const number of numbers) this.#add(number)
      }
    }
    return this
  }

  has(number: number): boolean {
    return ((this.#bits[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0
  }

  #add(number: number): void {
    if (this.has(number)) this.repeated++
    else {
      this.distinct++
      this.#bits[number >>> 3] = (this.#bits[number >>> 3] ?? 0) | (1 << (number & 7))
    }
  }
}
