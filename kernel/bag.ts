/** What can be in a bag: in one at a time. */
export interface Placed {
  /** Kept by the bag; -1 outside of it. */
  place: number
}

/**
 * Items in no order, each of which can be taken out. For what comes and goes all the time, instead of a `Set`: V8 gives
 * one of those ever new tables, by which items that have left it live on for long.
 */
export class Bag<Item extends Placed> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  /** All items. Taking out the one that was given last is allowed meanwhile. */
  *[Symbol.iterator](): Generator<Item> {
    for (let place = this.#items.length - 1; place >= 0; place--) {
      const item = this.#items[place]
      if (item) yield item
    }
  }

  add(item: Item): void {
    item.place = this.#items.length
    this.#items.push(item)
  }

  /** Returns whether it was in. */
  delete(item: Item): boolean {
    if (item.place < 0) return false
    const last = this.#items.pop() as Item
    if (last !== item) {
      this.#items[item.place] = last
      last.place = item.place
    }
    item.place = -1
    return true
  }
}
