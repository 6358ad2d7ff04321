import type { Delivery } from './delivery.ts'

/**
 * The deliveries of one actor that are not finished, linked through themselves: a Set would cost every asynchronous
 * delivery more than all else that the kernel does with it.
 */
export class Unfinished {
  #first: Delivery | undefined

  /** Adds a delivery; does nothing when it is in already. */
  add(delivery: Delivery): void {
    if (delivery.listed) return
    delivery.listed = true
    delivery.following = this.#first
    if (this.#first) this.#first.preceding = delivery
    this.#first = delivery
  }

  /** Takes a delivery out; does nothing when it is not in. */
  delete(delivery: Delivery): void {
    if (!delivery.listed) return
    const { preceding, following } = delivery
    if (preceding) preceding.following = following
    else this.#first = following
    if (following) following.preceding = preceding
    delivery.listed = false
    delivery.preceding = undefined
    delivery.following = undefined
  }

  /** All of them, the newest first. */
  toArray(): Delivery[] {
    const deliveries: Delivery[] = []
    for (let delivery = this.#first; delivery; delivery = delivery.following) deliveries.push(delivery)
    return deliveries
  }
}
