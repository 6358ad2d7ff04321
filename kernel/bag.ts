/** An item that a bag can hold; it is in one bag at a time. */
export interface Placed {
  /** Set by the bag; -1 outside of a bag. */
  place: number
}

/**
 * Items in no order, each of which can be removed. For items that come and go all the time it takes the place of a
 * `Set`: V8 keeps giving a `Set` new tables, which keep removed items alive for long.
 */
export class Bag<Item extends Placed> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  /** All items. The item that was returned last may be removed meanwhile. */
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

  /** Returns whether the item was in the bag. */
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
