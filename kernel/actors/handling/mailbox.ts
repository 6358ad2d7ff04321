/** An item that waits, and its place among others. */
export class Place<T> {
  readonly item: T
  readonly key: unknown
  /** Undefined once the item has left. */
  line: Line<T> | undefined
  previous: Place<T> | undefined
  following: Place<T> | undefined

  constructor(item: T, key: unknown) {
    this.item = item
    this.key = key
  }
}

/** Items that wait, linked through their places: any can leave without a search. */
class Line<T> {
  #first: Place<T> | undefined
  #last: Place<T> | undefined

  push(place: Place<T>): void {
    place.line = this
    place.previous = this.#last
    if (this.#last) this.#last.following = place
    else this.#first = place
    this.#last = place
  }

  shift(): Place<T> | undefined {
    const first = this.#first
    if (first) this.delete(first)
    return first
  }

  delete(place: Place<T>): void {
    const { previous, following } = place
    if (previous) previous.following = following
    else this.#first = following
    if (following) following.previous = previous
    else this.#last = previous
    place.line = undefined
    place.previous = undefined
    place.following = undefined
  }
}

/**
 * Decides when something may run: at most `concurrency` at once; never two of the same key at once, and each key in
 * order of arrival. The key undefined stands for no order.
 */
export class Mailbox<T> {
  readonly #concurrency: number
  readonly #run: (item: T) => void
  readonly #ready = new Line<T>()
  /** For each key that has an item ready or running: those that wait behind it. */
  readonly #behind = new Map<unknown, Line<T>>()
  #running = 0
  #starting = false

  constructor(concurrency: number, run: (item: T) => void) {
    this.#concurrency = concurrency
    this.#run = run
  }

  /** Runs the item now, or when its turn comes; returns its place while it waits. */
  push(item: T, key?: unknown): Place<T> | undefined {
    if (key === undefined && !this.#starting && this.#running < this.#concurrency) {
      this.#runFirst(item)
      return undefined
    }
    const place = new Place(item, key)
    const behind = key === undefined ? undefined : this.#behind.get(key)
    if (behind) {
      behind.push(place)
      return place
    }
    if (key !== undefined) this.#behind.set(key, new Line())
    this.#ready.push(place)
    this.#startReady()
    return place.line && place
  }

  /** While there is room, nobody waits that could run: this item needs no place. */
  #runFirst(item: T): void {
    this.#starting = true
    this.#running++
    this.#run(item)
    this.#starting = false
    this.#startReady()
  }

  /** Takes an item out that waits; does nothing when it has left already. */
  delete(place: Place<T>): void {
    const { line, key } = place
    if (!line) return
    line.delete(place)
    if (line !== this.#ready || key === undefined) return
    this.#advance(key)
    this.#startReady()
  }

  /** Says that an item of this key, which was run, has ended, so that others may start. */
  done(key?: unknown): void {
    this.#running--
    if (key !== undefined) this.#advance(key)
    this.#startReady()
  }

  /** The next of a key may run. */
  #advance(key: unknown): void {
    const next = this.#behind.get(key)?.shift()
    if (next) this.#ready.push(next)
    else this.#behind.delete(key)
  }

  /** A loop, not recursion: items that end at once must not deepen the stack. */
  #startReady(): void {
    if (this.#starting) return
    this.#starting = true
    while (this.#running < this.#concurrency) {
      const next = this.#ready.shift()
      if (next === undefined) break
      this.#running++
      this.#run(next.item)
    }
    this.#starting = false
  }
}
