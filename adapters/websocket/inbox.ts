import { Fifo } from '../../kernel/adapter-kit.ts'

/** Bytes that may wait; then no more is read. */
const limit = 64 * 1_024
/** What a message that waits costs besides its bytes. */
const messageCost = 128

/** Who works off an inbox. */
export interface InboxOwner<Item> {
  /** Begins with an item. Calls the inbox's `done`, now or later, when it has been dealt with. */
  begin(item: Item): void
  /** Nothing is being dealt with, and nothing waits. */
  idle(): void
  /** Reads nothing more for a while, or goes on. */
  pause(isPaused: boolean): void
}

/** What has happened on one connection: dealt with one after the other, in order. */
export class Inbox<Item> {
  readonly #owner: InboxOwner<Item>
  #waiting: Fifo<Item> | undefined
  #bytes = 0
  #isBusy = false
  #isAdvancing = false

  constructor(owner: InboxOwner<Item>) {
    this.#owner = owner
  }

  get isIdle(): boolean {
    return !this.#isBusy && this.#waiting === undefined
  }

  /** Has the item dealt with at once, or in its turn. */
  put(item: Item, bytes: number): void {
    if (!this.#isBusy) {
      this.#isBusy = true
      this.#owner.begin(item)
      return
    }
    this.#waiting ??= new Fifo()
    this.#waiting.push(item)
    this.#bytes += bytes + messageCost
    if (this.#bytes > limit) this.#owner.pause(true)
  }

  /** The item has been dealt with. */
  done(): void {
    this.#isBusy = false
    if (this.#isAdvancing) return
    if (this.#waiting === undefined) this.#owner.idle()
    else this.#advance()
  }

  /** Forgets what waits. */
  clear(): void {
    if (this.#waiting === undefined) return
    this.#waiting = undefined
    this.#bytes = 0
    this.#owner.pause(false)
  }

  /** A loop, not recursion: items that are done at once must not deepen the stack. */
  #advance(): void {
    this.#isAdvancing = true
    while (!this.#isBusy) {
      const next = this.#waiting?.shift()
      if (next === undefined) break
      this.#isBusy = true
      this.#owner.begin(next)
    }
    this.#isAdvancing = false
    if (this.#isBusy) return
    this.clear()
    this.#owner.idle()
  }
}
