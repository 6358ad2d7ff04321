import { Envelope, type EnvelopeDetails } from '../../../envelopes/index.ts'
import type { Actor } from '../../actors/actor.ts'
import type { Deliver } from '../../actors/bus.ts'
import type { CancellableDelivery } from '../../actors/delivery.ts'
import type { Settlement } from '../../actors/settlement.ts'
import { outside } from '../../async-context.ts'
import { Bag, type Placed } from '../../bag.ts'
import { spawn } from '../../log/spawn.ts'
import { follow, isPromise, type MaybePromise } from '../../promise.ts'
import { isError, reasonOf } from '../../thrown.ts'
import { settlementsOf, sharedHeaders } from '../topics/batch.ts'
import type { MessageGiven } from '../topics/message-options.ts'
import type { MessageSource } from '../topics/messages.ts'

/** One message in hand. */
interface InHand<Item> {
  readonly item: Item
  readonly given: MessageGiven
  readonly details: EnvelopeDetails
}

/** What a handler has. */
interface Held extends Placed {
  delivery: CancellableDelivery | undefined
}

/** Tells the transport what became of one message. */
export type SettleItem<Item> = (settlement: Settlement, item: Item) => MaybePromise<void>

const released = (reason: string): Settlement => ({ state: 'released', failed: false, after: 0, reason })

/**
 * Hands the messages of one queue to its actor, alone or in batches, and has them settled one by one. `Item` is what the
 * transport knows a message by.
 */
export class Intake<Item> {
  readonly #actor: Actor<MessageSource>
  readonly #deliver: Deliver
  readonly #settle: SettleItem<Item>
  readonly #held = new Bag<Held>()
  /** Messages that are checked, or wait for others of their batch. */
  readonly #waiting = new Set<InHand<Item>>()
  #batch: InHand<Item>[] = []
  #timer: NodeJS.Timeout | undefined
  #size = 0

  constructor(actor: Actor, deliver: Deliver, settle: SettleItem<Item>) {
    this.#actor = actor as Actor<MessageSource>
    this.#deliver = deliver
    this.#settle = settle
  }

  /** Messages that are not settled. */
  get size(): number {
    return this.#size
  }

  /** Takes a message: hands it over at once, or with others. */
  take(item: Item, given: MessageGiven, details: EnvelopeDetails): void {
    this.#size++
    const message = { item, given, details }
    if (!this.#actor.source.batch || details.failure) return this.#alone(message)
    this.#waiting.add(message)
    // One that does not fit must not spoil the batch.
    try {
      const checking = this.#actor.source.check?.(given)
      if (!isPromise(checking)) return this.#join(message)
      follow(
        checking,
        () => this.#join(message),
        (error: unknown) => this.#unfit(message, error),
      )
    } catch (error) {
      this.#unfit(message, error)
    }
  }

  /** Gives back what no handler has been given. */
  pause(): void {
    this.#giveBack('the consumer is pausing')
    for (const { delivery } of this.#held)
      if (delivery?.started === false) delivery.cancel('the consumer is pausing')
  }

  /** Takes every message away from its handler. */
  cancel(reason: string): void {
    this.#giveBack(reason)
    for (const { delivery } of this.#held) delivery?.cancel(reason)
  }

  #giveBack(reason: string): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#batch = []
    for (const { item } of this.#waiting) {
      this.#size--
      spawn('giving a message back', async () => this.#settle(released(reason), item))
    }
    this.#waiting.clear()
  }

  #alone({ item, given, details }: InHand<Item>): void {
    this.#hand(new Envelope(this.#actor.address, given, details), 1, (settlement) =>
      this.#settle(settlement, item),
    )
  }

  #unfit(message: InHand<Item>, error: unknown): void {
    if (!this.#waiting.delete(message)) return
    const failure = isError(error) ? error : new Error(reasonOf(error), { cause: error })
    this.#alone({ ...message, details: { ...message.details, failure } })
  }

  #join(message: InHand<Item>): void {
    const { batch } = this.#actor.source
    if (!batch || !this.#waiting.has(message)) return
    this.#batch.push(message)
    if (this.#batch.length >= batch.size) this.#together()
    else this.#timer ??= outside(() => setTimeout(() => this.#together(), batch.wait))
  }

  #together(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const messages = this.#batch
    this.#batch = []
    for (const message of messages) this.#waiting.delete(message)
    const attempt = Math.max(...messages.map(({ given }) => given.attempt))
    const batch = messages.map(({ given }) => given)
    const headers = sharedHeaders(batch)
    const envelope = new Envelope(this.#actor.address, { batch }, { attempt, headers })
    this.#hand(envelope, messages.length, (settlement) => this.#settleEach(settlement, messages))
  }

  async #settleEach(settlement: Settlement, messages: readonly InHand<Item>[]): Promise<void> {
    const rule = this.#actor.source.failed
    const attempts = messages.map(({ given }) => given.attempt)
    const settlements = settlementsOf(settlement, attempts, rule)
    await Promise.all(
      messages.map(async ({ item }, place) => this.#settle(settlements[place] as Settlement, item)),
    )
  }

  #hand(envelope: Envelope, count: number, settle: (settlement: Settlement) => MaybePromise<void>): void {
    const held: Held = { delivery: undefined, place: -1 }
    this.#held.add(held)
    held.delivery = this.#deliver(envelope, (settlement) => {
      this.#size -= count
      this.#held.delete(held)
      return settle(settlement)
    })
  }
}
