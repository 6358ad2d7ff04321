// A broker with leases in memory, and what can be wrong with one: its faults are those of brokers, not of the kernel.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MessageBus, TomodachiError } from 'tomodachi'
import {
  type BoundQueue,
  type Broker,
  boundQueues,
  type Consumer,
  type DeadLetterItem,
  type DeadLetterReader,
  type Link,
  matcher,
  messageBus,
  type Receiver,
  withoutDeadLetterHeaders,
} from 'tomodachi/adapter-kit'
import type { World } from 'tomodachi/conformance'
import { jsonBase, type ParsedMessage, type Payload } from 'tomodachi/envelopes'

import { type Hold, type Message, type Row, Shelf } from './shelf.ts'

/** What may be wrong. */
export interface ShelfFaults {
  /** `release` returns before its work begins. */
  readonly releasesLater?: boolean
  /** `renew` says that a lease is longer now, and it is not. */
  readonly renewsNothing?: boolean
  /** `outgoing` keeps the bytes of the publisher. */
  readonly keepsBytes?: boolean
  /** The queue of an instance is not deleted. */
  readonly keepsPrivateQueues?: boolean
  /** The reader of dead letters gives nothing back when it is closed. */
  readonly readerKeeps?: boolean
  /** What a reader holds is counted twice. */
  readonly countsTwice?: boolean
  /** What a reader has held is never counted again. */
  readonly forgetsToCount?: boolean
  /** `stop` does not keep a consumer from taking messages. */
  readonly neverStops?: boolean
}

/** A world on a shelf of its own. */
export function shelfWorld(faults: ShelfFaults = {}, lease = 30_000): World {
  const store = new Shelf()
  return {
    bus: () => busOn(store, faults, lease),
    deadLetters: async (queue) =>
      [...(store.queues.get(queue) ?? [])].map(({ payload, headers }) => ({
        data: dataOf(payload),
        headers,
      })),
    async publishRaw(topic, payload) {
      store.publish({ target: '', id: randomUUID(), topic, payload, headers: {} })
    },
    close: async () => store.end(),
  }
}

function dataOf(payload: Payload): unknown {
  try {
    return (jsonBase().parse(payload, {}) as ParsedMessage).data
  } catch {
    return String(payload)
  }
}

interface Sent extends Message {
  readonly delay: number
}

function busOn(store: Shelf, faults: ShelfFaults, lease: number): MessageBus {
  const broker: Broker<BoundQueue, Hold, Sent> = {
    transport: 'shelf',
    plan: boundQueues,
    connect: async () => linkTo(store, faults, lease),
    limits: { entries: 10, linger: 1, inOrder: () => true },
    outgoing(topic, { payload, headers }, { delay = 0 }: { delay?: number }) {
      const own = typeof payload === 'string' || faults.keepsBytes ? payload : Uint8Array.from(payload)
      return { target: '', id: randomUUID(), topic, payload: own, headers: { ...headers }, delay }
    },
  }
  return messageBus(broker, { name: 'shelf' }, () => ({}))
}

function linkTo(store: Shelf, faults: ShelfFaults, lease: number): Link<BoundQueue, Hold, Sent> {
  const connection = { isOpen: true }
  return {
    async consume(queue, receiver) {
      store.queues.set(queue.name, store.queues.get(queue.name) ?? new Set())
      store.bindings.set(queue.name, matcher(queue.pattern))
      return new ShelfConsumer(store, queue, receiver, { faults, lease, connection })
    },
    send(_, sendings) {
      for (const sending of sendings) {
        store.publish(sending.message, sending.message.delay)
        sending.confirm()
      }
    },
    async count(queue) {
      const rows = [...(store.queues.get(queue) ?? [])]
      const held = faults.countsTwice ? rows.filter(({ holder }) => holder !== undefined) : []
      return rows.filter(({ wasRead }) => !(faults.forgetsToCount && wasRead)).length + held.length
    },
    open: async (queue) => (store.queues.has(queue) ? readerOf(store, queue, faults) : undefined),
    async close() {
      connection.isOpen = false
    },
  }
}

interface ConsumerParts {
  readonly faults: ShelfFaults
  readonly lease: number
  readonly connection: { readonly isOpen: boolean }
}

class ShelfConsumer implements Consumer<Hold> {
  readonly lease: number
  readonly #store: Shelf
  readonly #queue: BoundQueue
  readonly #receiver: Receiver<Hold>
  readonly #parts: ConsumerParts
  #turn: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(store: Shelf, queue: BoundQueue, receiver: Receiver<Hold>, parts: ConsumerParts) {
    this.#store = store
    this.#queue = queue
    this.#receiver = receiver
    this.#parts = parts
    this.lease = parts.lease
    store.watchers.add(this.more)
    this.more()
  }

  readonly more = (): void => {
    clearTimeout(this.#timer)
    if (this.#isActive) this.#turn ??= setImmediate(() => this.#hand())
  }

  get #isActive(): boolean {
    return !this.#store.isOver && (!this.#isStopped || this.#parts.faults.neverStops === true)
  }

  #hand(): void {
    this.#turn = undefined
    if (!this.#isActive) return
    const { name } = this.#queue
    const rows = () => [...(this.#store.queues.get(name) ?? [])]
    for (let left = rows().length; left > 0 && (this.#receiver.room > 0 || this.#isStopped); left--) {
      const hold = this.#store.take(name, this.lease)
      if (!hold) break
      const { id, topic, payload, headers, attempt } = hold.row
      this.#receiver.take({ handle: hold, id, topic, payload, headers, attempt, given: {} })
    }
    const next = Math.min(...rows().map(({ hiddenUntil }) => hiddenUntil)) - performance.now()
    clearTimeout(this.#timer)
    if (this.#isActive && next < 2 ** 31) this.#timer = setTimeout(this.more, Math.max(1, next))
  }

  /** The row, unless somebody else holds it or there is no connection. */
  #held({ row, holder }: Hold): Row | undefined {
    return this.#parts.connection.isOpen && row.holder === holder ? row : undefined
  }

  #remove(hold: Hold): Row | undefined {
    const row = this.#held(hold)
    if (row) this.#store.queues.get(this.#queue.name)?.delete(row)
    return row
  }

  ack(hold: Hold): void {
    this.#remove(hold)
  }

  async release(hold: Hold): Promise<void> {
    const giveBack = async () => {
      await sleep(20)
      const row = this.#held(hold)
      if (row) this.#store.giveBack(row)
    }
    if (this.#parts.faults.releasesLater) void giveBack()
    else await giveBack()
  }

  retry(hold: Hold, after: number, attempt: number): void {
    const row = this.#remove(hold)
    if (row) this.#store.append(this.#queue.name, row, { attempt, after })
  }

  setAside(hold: Hold, reasons: Readonly<Record<string, unknown>>): void {
    const row = this.#remove(hold)
    if (row) this.#store.append(this.#queue.deadLetter, { ...row, headers: { ...row.headers, ...reasons } })
  }

  async renew(hold: Hold, milliseconds: number): Promise<boolean> {
    const row = this.#held(hold)
    if (row && !this.#parts.faults.renewsNothing) row.hiddenUntil = performance.now() + milliseconds
    return row !== undefined || this.#parts.faults.renewsNothing === true
  }

  stop(): void {
    this.#isStopped = true
    if (this.#parts.faults.neverStops) return
    this.#store.watchers.delete(this.more)
    clearImmediate(this.#turn)
    clearTimeout(this.#timer)
  }

  async close(): Promise<void> {
    if (!this.#queue.isOwn || this.#parts.faults.keepsPrivateQueues) return
    this.#store.queues.delete(this.#queue.name)
    this.#store.bindings.delete(this.#queue.name)
  }
}

interface Dead extends DeadLetterItem {
  readonly row: Row
}

function readerOf(store: Shelf, queue: string, faults: ShelfFaults): DeadLetterReader<Dead> {
  const taken = new Set<Row>()
  return {
    async take(most) {
      const items: Dead[] = []
      while (items.length < most) {
        const row = store.take(queue, 30_000)?.row
        if (!row) break
        row.wasRead = true
        taken.add(row)
        items.push({ id: row.id, payload: row.payload, headers: row.headers, row })
      }
      await sleep(1)
      return items
    },
    async putBack({ row }, to) {
      if (!store.queues.has(to)) throw new TomodachiError('PUBLISH_UNROUTABLE', { topic: row.topic })
      store.append(to, { ...row, headers: withoutDeadLetterHeaders(row.headers) })
    },
    ack({ row }) {
      taken.delete(row)
      store.queues.get(queue)?.delete(row)
    },
    async close() {
      if (!faults.readerKeeps) for (const row of taken) store.giveBack(row)
    },
  }
}
