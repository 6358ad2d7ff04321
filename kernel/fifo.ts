const smallest = 16
/** The most places that an empty queue keeps. */
const longest = 1_024

/**
 * A queue in which adding and removing cost the same however long it is. It is a ring buffer: it creates no
 * garbage, and keeps no removed item alive.
 */
export class Fifo<T> {
  /** Its length is a power of two. */
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
    const ring = new Array<T | undefined>(this.#ring.length * 2)
    for (let place = 0; place < this.#length; place++) ring[place] = this.#ring[this.#index(place)]
    this.#ring = ring
    this.#head = 0
  }
}
