// Queues in memory whose messages are hidden for a limited time from others while somebody holds them.
import type { Outgoing } from 'tomodachi/adapter-kit'
import type { Payload } from 'tomodachi/envelopes'

export interface Message extends Outgoing {
  readonly id: string
  readonly topic: string
  readonly payload: Payload
  readonly headers: Readonly<Record<string, unknown>>
}

/** A message in a queue. It stays there, hidden, while somebody holds it. */
export interface Row extends Message {
  readonly place: number
  attempt: number
  /** Nobody gets it before this time, on the clock of `performance.now()`. */
  hiddenUntil: number
  /** Who holds it; undefined when it waits for its time. */
  holder: symbol | undefined
  wasRead?: boolean
}

/** One hold on a row. */
export interface Hold {
  readonly row: Row
  readonly holder: symbol
}

/** Queues of rows, by their names. */
export class Shelf {
  readonly queues = new Map<string, Set<Row>>()
  readonly bindings = new Map<string, (topic: string) => boolean>()
  readonly watchers = new Set<() => void>()
  isOver = false
  #places = 0

  append(queue: string, message: Message, { attempt = 1, after = 0 } = {}): void {
    const { id, topic, payload, headers, target } = message
    const rows = this.queues.get(queue) ?? new Set()
    this.queues.set(queue, rows)
    const [place, hiddenUntil] = [++this.#places, performance.now() + after]
    rows.add({ id, topic, payload, headers, target, place, attempt, hiddenUntil, holder: undefined })
    this.tell()
  }

  publish(message: Message, delay = 0): void {
    for (const [queue, matches] of this.bindings)
      if (matches(message.topic)) this.append(queue, message, { after: delay })
  }

  take(queue: string, lease: number): Hold | undefined {
    const now = performance.now()
    const [row] = [...(this.queues.get(queue) ?? [])]
      .filter(({ hiddenUntil }) => hiddenUntil <= now)
      .sort((one, other) => one.place - other.place)
    if (!row) return undefined
    row.holder = Symbol('hold')
    row.hiddenUntil = now + lease
    return { row, holder: row.holder }
  }

  giveBack(row: Row): void {
    row.hiddenUntil = 0
    row.holder = undefined
    this.tell()
  }

  tell(): void {
    for (const watcher of this.watchers) watcher()
  }

  /** Ends whatever consumers have left. */
  end(): void {
    this.isOver = true
    this.tell()
  }
}
