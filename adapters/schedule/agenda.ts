/** What waits for its time. */
export interface Entry {
  /** In milliseconds, by whatever clock. */
  due: number
}

/**
 * Entries by due time: a binary heap. Taking the first one and putting it back later costs the same for ten thousand
 * as for a few. Those of the same time keep no order among each other.
 */
export class Agenda<E extends Entry> {
  readonly #heap: E[] = []

  get first(): E | undefined {
    return this.#heap[0]
  }

  add(entry: E): void {
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
  }

  /** Puts the first entry where it belongs, after its due time has grown. */
  settleFirst(): void {
    this.#sink(0)
  }

  /** Changes due times, and puts all entries where they belong. */
  reschedule(change: (entry: E) => void): void {
    for (const entry of this.#heap) change(entry)
    for (let index = this.#heap.length >>> 1; index >= 0; index--) this.#sink(index)
  }

  #rise(from: number): void {
    const entry = this.#heap[from] as E
    let index = from
    while (index > 0) {
      const above = (index - 1) >>> 1
      const parent = this.#heap[above] as E
      if (parent.due <= entry.due) break
      this.#heap[index] = parent
      index = above
    }
    this.#heap[index] = entry
  }

  #sink(from: number): void {
    const entry = this.#heap[from]
    if (!entry) return
    let index = from
    for (;;) {
      let below = 2 * index + 1
      const [left, right] = [this.#heap[below], this.#heap[below + 1]]
      if (left && right && right.due < left.due) below++
      const child = this.#heap[below]
      if (!child || child.due >= entry.due) break
      this.#heap[index] = child
      index = below
    }
    this.#heap[index] = entry
  }
}
