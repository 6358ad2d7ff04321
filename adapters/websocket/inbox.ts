import { Fifo } from '../../kernel/adapter-kit.ts'

/** Bytes that may wait; beyond that, reading stops. */
const limit = 64 * 1_024
/** What a message that waits costs besides its bytes. */
const messageCost = 128

/** Who handles the items of an inbox. */
export interface InboxOwner<Item> {
  /** Begins to handle an item. Calls `done` of the inbox, now or later, when it is handled. */
  begin(item: Item): void
  /** Called when nothing is being handled and nothing waits. */
  idle(): void
  /** Stops reading for a while, or goes on. */
  pause(isPaused: boolean): void
}

/** The events of one connection, handled in order, one after the other. */
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

  /** Hands over the item: at once, or when it is its turn. */
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

  /** The item has been handled. */
  done(): void {
    this.#isBusy = false
    if (this.#isAdvancing) return
    if (this.#waiting === undefined) this.#owner.idle()
    else this.#advance()
  }

  /** Drops the items that wait. */
  clear(): void {
    if (this.#waiting === undefined) return
    this.#waiting = undefined
    this.#bytes = 0
    this.#owner.pause(false)
  }

  /** A loop instead of recursion: items that are handled at once must not deepen the stack. */
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
