import { outside } from '../../async-context.ts'
import type { Bag, Placed } from '../../bag.ts'
import { systemClock } from '../../clock.ts'

interface Due extends Placed {
  /** On the clock of `performance.now()`. */
  readonly deadline: number
}

/** Says which items of a bag have had their time. One timer serves them all. */
export class Deadlines<Item extends Due> {
  readonly #items: Bag<Item>
  readonly #passed: (item: Item) => void
  #timer: unknown

  /** `passed` takes the item out of the bag. */
  constructor(items: Bag<Item>, passed: (item: Item) => void) {
    this.#items = items
    this.#passed = passed
  }

  /** Looks in so many milliseconds, unless it is to look sooner. */
  watch(milliseconds: number): void {
    this.#timer ??= outside(() => systemClock.setTimeout(() => this.#look(), milliseconds))
  }

  close(): void {
    systemClock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    this.#timer = undefined
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const item of this.#items) {
      if (item.deadline > now) next = Math.min(next, item.deadline)
      else this.#passed(item)
    }
    if (this.#items.size > 0) this.watch(Math.ceil(next - now))
  }
}
