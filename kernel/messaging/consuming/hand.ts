import type { Deliver } from '../../actors/bus.ts'
import type { Settlement } from '../../actors/settlement.ts'
import { Bag } from '../../bag.ts'
import { InFlight } from '../../in-flight.ts'
import type { Logger } from '../../log/index.ts'
import { spawn } from '../../log/spawn.ts'
import { isPromise, type MaybePromise } from '../../promise.ts'
import type { Arrival, ConsumedQueue } from '../broker/broker.ts'
import type { MessageActor } from '../topics/messages.ts'
import type { Attachment, Taker } from './attachment.ts'
import { canWait, InHand, Intake, mostInHand, type SettleOne, startable } from './intake.ts'
import { Leases } from './leases.ts'
import { carryOut, type Settler, type Step, Waits } from './settler.ts'

/** The messages of one queue that are not settled, whichever consumer has handed them over. */
export class Hand<Handle> implements Settler<Handle>, Taker<Handle> {
  readonly queue: ConsumedQueue
  readonly log: Logger
  readonly prefetch: number
  readonly #readAhead: number | undefined
  /** Messages that have come so far. */
  taken = 0
  /** What they are settled by: the consumer that there is, or the attempt to have one. */
  #attachment: Attachment<Handle> | undefined
  readonly #intakes: ReadonlyMap<MessageActor, Intake<Handle>>
  /** That of messages which name no actor. */
  readonly #first: Intake<Handle>
  readonly #messages = new Bag<InHand<Handle>>()
  readonly #waits = new Waits()
  readonly #releases = new InFlight()
  #leases: Leases | undefined
  /** Whoever waits for the next consumer. */
  #waiting: (() => void)[] = []
  #heldBack = 0
  #isPaused = false
  #isClosed = false

  /** `readAhead` is that of the broker. */
  constructor(queue: ConsumedQueue, deliver: Deliver, log: Logger, readAhead: number | undefined) {
    this.queue = queue
    this.log = log
    this.#readAhead = canWait(queue.actors) ? readAhead : undefined
    this.prefetch = queue.prefetch ?? queue.actors.reduce((sum, actor) => sum + mostInHand(actor), 0)
    const intakes = queue.actors.map((actor) => new Intake(actor, deliver, this.#settle))
    this.#intakes = new Map(intakes.map((intake) => [intake.actor, intake]))
    this.#first = intakes[0] as Intake<Handle>
  }

  /** How many more can be taken. */
  get room(): number {
    if (this.#isPaused) return 0
    const left = this.prefetch - this.#messages.size - this.#heldBack
    if (this.#readAhead === undefined) return left
    return Math.min(left, startable(this.#messages, this.queue.actors, this.#readAhead))
  }

  /** Whether messages with leases are not settled. */
  get hasLeases(): boolean {
    return this.#leases !== undefined && this.#leases.size > 0
  }

  take(arrival: Arrival<Handle>, by: Attachment<Handle>): InHand<Handle> {
    const { actor } = arrival
    const intake = actor ? (this.#intakes.get(actor) as Intake<Handle>) : this.#first
    const held = new InHand(arrival, intake, by, this.taken++, this.#lost)
    this.#messages.add(held)
    this.#lend(held)
    held.read(this.queue.name)
    if (this.#isPaused || by.isOver)
      spawn('giving a late message back', async () => this.#settle(released('it came late'), held))
    else intake.take(held)
    return held
  }

  /** Settles by this one from now on, once it has its consumer. */
  use(attachment: Attachment<Handle> | undefined): void {
    this.#attachment = attachment
    if (attachment?.consumer)
      for (const held of this.#messages) if (held.attachment === attachment) this.#lend(held)
    this.#wake()
  }

  /** What was handed over by a consumer that is over is gone, unless it has a lease. */
  lose(reason: string): void {
    const lost = this.#inOrder(({ lease, attachment }) => lease === undefined && attachment.isOver)
    if (lost.length === 0) return
    const facts = { queue: this.queue.name, count: lost.length, reason }
    this.log.warn('messages were taken from their handlers', facts)
    for (const held of lost) held.lose(`the channel was lost: ${reason}`)
  }

  /** Gives back what has not started, and whatever comes from now on. */
  pause(): void {
    this.#isPaused = true
    this.#waits.end()
    for (const held of this.#inOrder(hasNotStarted)) this.#cancel(held, 'the consumer is pausing')
  }

  /** Resolves when nothing is being given back. */
  givenBack(): Promise<void> {
    return this.#releases.idle()
  }

  /** Nothing can be settled any more. */
  close(): void {
    this.#isClosed = true
    this.#leases?.close()
    this.#wake()
  }

  isGone({ isLost, attachment, lease }: InHand<Handle>): boolean {
    return isLost || this.#isClosed || (attachment.isOver && lease === undefined)
  }

  by(held: InHand<Handle>, step: Step<Handle>): MaybePromise<void> {
    if (this.isGone(held)) return
    const consumer = this.#attachment?.consumer
    return consumer && held.lease === undefined
      ? step(consumer, held.arrival.handle)
      : this.#byAny(held, step)
  }

  /** By the next consumer where this one goes meanwhile. */
  async #byAny(held: InHand<Handle>, step: Step<Handle>): Promise<void> {
    while (!this.isGone(held)) {
      const attachment = this.#attachment
      if (!attachment?.consumer) {
        await new Promise<void>((wake) => this.#waiting.push(wake))
        continue
      }
      try {
        return await step(attachment.consumer, held.arrival.handle)
      } catch (error) {
        if (!attachment.isOver || held.lease === undefined) throw error
      }
    }
  }

  /** It takes room meanwhile, or more and more messages would be held back. */
  async holdBack(milliseconds: number): Promise<void> {
    this.#heldBack++
    await this.#waits.wait(milliseconds)
    this.#heldBack--
    this.#more()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  readonly #lost = (held: InHand<Handle>, reason: string): void => {
    if (held.isLost) return
    held.isLost = true
    if (held.lease) this.log.warn('the lease of a message was lost', { queue: this.queue.name, reason })
    this.#cancel(held, held.lease ? `the lease was lost: ${reason}` : reason)
    this.#wake()
  }

  /** In the order in which they came. */
  #inOrder(which: (held: InHand<Handle>) => boolean): InHand<Handle>[] {
    return [...this.#messages].filter(which).sort((one, other) => one.sequence - other.sequence)
  }

  #cancel(held: InHand<Handle>, reason: string): void {
    if (!held.isGathered) return held.delivery?.cancel(reason)
    held.intake.withdraw(held)
    spawn('giving a message back', async () => this.#settle(released(reason), held))
  }

  #lend(held: InHand<Handle>): void {
    const { lease, longestLease = Number.POSITIVE_INFINITY } = held.attachment.consumer ?? {}
    if (lease === undefined || held.lease || this.#isClosed) return
    const now = performance.now()
    const ends = now + longestLease
    this.#leases ??= new Leases(lease)
    held.lease = {
      place: -1,
      expires: Math.min(now + lease, ends),
      ends,
      renew: async (milliseconds) => {
        const consumer = this.#attachment?.consumer
        if (!consumer?.renew) throw new Error('there is no connection')
        return consumer.renew(held.arrival.handle, milliseconds)
      },
      lose: (reason) => held.lose(reason),
    }
    this.#leases.add(held.lease)
  }

  readonly #settle: SettleOne<Handle> = (settlement, held) => {
    this.#messages.delete(held)
    try {
      const isReturned = settlement.state === 'released' && !settlement.failed
      return isReturned ? this.#giveBack(settlement, held) : this.#carryOut(settlement, held)
    } finally {
      if (held.arrival.group !== undefined) this.#holdGroup(settlement, held)
      this.#more()
    }
  }

  #carryOut(settlement: Settlement, held: InHand<Handle>): MaybePromise<void> {
    const settling = carryOut(settlement, held, this)
    const { lease } = held
    return lease && isPromise(settling) ? settling.finally(() => this.#leases?.remove(lease)) : settling
  }

  /** The close waits for it. While the consumer stops the drain does not, as the message could come here again. */
  #giveBack(settlement: Settlement, held: InHand<Handle>): MaybePromise<void> {
    const giveBack = () => this.#carryOut(settlement, held)
    const stopping = this.#attachment?.stopping
    if (stopping)
      return spawn('giving a message back', () => this.#releases.track(() => stopping.then(giveBack)))
    const giving = giveBack()
    return isPromise(giving) ? this.#releases.track(() => giving) : giving
  }

  #more(): void {
    if (!this.#isPaused) this.#attachment?.consumer?.more?.()
  }

  /** A message that is not handled yet holds up those of its group that wait here: they go back behind it. */
  #holdGroup({ state }: Settlement, { arrival: { group } }: InHand<Handle>): void {
    if (state === 'acked' || state === 'dropped') return
    for (const other of this.#inOrder((held) => held.arrival.group === group && hasNotStarted(held)))
      this.#cancel(other, 'an earlier message of its group was not handled')
  }
}

function hasNotStarted<Handle>({ isGathered, delivery }: InHand<Handle>): boolean {
  return isGathered || delivery?.started === false
}

const released = (reason: string): Settlement => ({ state: 'released', failed: false, after: 0, reason })
