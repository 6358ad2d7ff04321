const smallest = 16
/** An empty queue keeps no more places. */
const longest = 1_024

/**
 * A queue whose two ends both cost the same however long it is. A ring: it makes no garbage, and keeps nothing alive that
 * has been shifted.
 */
export class Fifo<T> {
  /** As long as a power of two. */
  #ring: (T | undefined)[] = new Array(smallest)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What `shift` would return. */
  get first(): T | undefined {
    return this.#ring[this.#head]
  }

  *[Symbol.iterator](): Generator<T> {
    for (let place = 0; place < this.#length; place++) yield this.#ring[this.#index(place)] as T
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[this.#index(this.#length++)] = item
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = this.#index(1)
    if (--this.#length === 0 && this.#ring.length > longest) {
      this.#ring = new Array(smallest)
      this.#head = 0
    }
    return item
  }

  #index(place: number): number {
    return (this.#head + place) & (this.#ring.length - 1)
  }

  #grow(): void {
    const ring = new Array<T>(this.#ring.length * 2)
    let place = 0
    for (const item of this) ring[place++] = item
    this.#ring = ring
    this.#head = 0
  }
}
