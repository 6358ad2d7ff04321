import { waitFor } from 'xstate'
import type { Deliver } from '../../actors/bus.ts'
import type { Settlement } from '../../actors/settlement.ts'
import { Bag } from '../../bag.ts'
import { TomodachiError } from '../../errors.ts'
import type { Logger } from '../../log/index.ts'
import { spawn } from '../../log/spawn.ts'
import { isPromise, type MaybePromise } from '../../promise.ts'
import { reasonOf } from '../../thrown.ts'
import type { Arrival, ConsumedQueue, Consumer, Held, Link, Receiver } from '../broker/broker.ts'
import type { MessageActor } from '../topics/messages.ts'
import { attaching, type Runner } from './attaching.ts'
import { InHand, Intake, mostInHand } from './intake.ts'
import { Leases } from './leases.ts'
import { carryOut, type Desk, Waits } from './settler.ts'

/** What the consumers of a bus share. */
export interface ConsumptionContext {
  readonly deliver: Deliver
  readonly log: Logger
  /** In milliseconds. */
  readonly inspectionInterval: number
}

/** Consumes one queue for its actors, by one consumer of the broker after another. */
export class Consumption<Queue extends ConsumedQueue, Handle>
  implements Receiver<Handle>, Desk<Handle>, Runner
{
  readonly queue: Queue
  readonly log: Logger
  readonly prefetch: number
  readonly waits = new Waits()
  readonly inspectionInterval: number
  readonly #intakes: ReadonlyMap<MessageActor, Intake<Handle>>
  readonly #inHand = new Bag<InHand<Handle>>()
  readonly #machine: ReturnType<typeof attaching>
  #leases: Leases | undefined
  #link: Link<Queue, Handle> | undefined
  #consumer: Consumer<Handle> | undefined
  /** Whoever waits for the next consumer. */
  #waiting: ((consumer: Consumer<Handle> | undefined) => void)[] = []
  #stopped = false
  #taken = 0
  #takenBefore = 0

  constructor(queue: Queue, { deliver, log, inspectionInterval }: ConsumptionContext) {
    this.queue = queue
    this.log = log
    this.inspectionInterval = inspectionInterval
    this.prefetch = queue.prefetch ?? queue.actors.reduce((sum, actor) => sum + mostInHand(actor), 0)
    const settle = (settlement: Settlement, held: InHand<Handle>) => this.#settle(settlement, held)
    this.#intakes = new Map(queue.actors.map((actor) => [actor, new Intake(actor, deliver, settle)]))
    this.#machine = attaching(this)
  }

  get room(): number {
    return this.prefetch - this.#inHand.size
  }

  /** Whether messages come, or would. */
  get ready(): boolean {
    return this.#consumer !== undefined && !this.#consumer.isFailing
  }

  get canBeInspected(): boolean {
    return this.#consumer?.look !== undefined
  }

  /** Consumes over this link from now on. */
  begin(link: Link<Queue, Handle>): void {
    this.#link = link
    this.#machine.send({ type: 'linked' })
  }

  /** Resolves when messages come, or would. Rejects when the first attempt has failed. */
  async attached(): Promise<void> {
    const state = await waitFor(this.#machine, (snapshot) => !snapshot.matches('attaching'))
    if (state.matches('backingOff')) throw state.context.error
    if (!state.matches('attached')) throw new TomodachiError('STOPPED_WHILE_STARTING', {})
  }

  /** There is no link any more. */
  end(reason: unknown): void {
    this.#link = undefined
    this.#machine.send({ type: 'unlinked' })
    this.#lose(reason)
  }

  off(error: unknown): void {
    if (this.#stopped || !this.#link) return
    this.log.warn('a consumer has come off, will be attached', { queue: this.queue.name, error })
    this.#lose(error)
    this.#machine.send({ type: 'off', error })
  }

  /** Takes no more; gives back what has not started. What is running can still be settled. */
  pause(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#machine.send({ type: 'stop' })
    this.#consumer?.stop()
    this.waits.end()
    this.#giveBack('the consumer is pausing')
  }

  /** Resolves when the broker's consumer is closed. */
  async close(): Promise<void> {
    this.pause()
    for (const resume of this.#waiting.splice(0)) resume(undefined)
    await this.#consumer?.close?.()
    this.#consumer = undefined
  }

  take(arrival: Arrival<Handle>): Held {
    const actor = arrival.actor ?? (this.queue.actors[0] as MessageActor)
    const held = new InHand(arrival, actor, this.#lost)
    this.#taken++
    this.#inHand.add(held)
    this.#lend(held)
    held.read(this.queue.name)
    if (this.#stopped)
      spawn('giving a late message back', async () => this.#settle(released('it came late'), held))
    else (this.#intakes.get(actor) as Intake<Handle>).take(held)
    return held
  }

  by(
    held: InHand<Handle>,
    step: (consumer: Consumer<Handle>, handle: Handle) => MaybePromise<void>,
  ): MaybePromise<void> {
    const consumer = this.#consumer
    if (held.isLost) return
    if (consumer && consumer.lease === undefined) return step(consumer, held.arrival.handle)
    return this.#byAny(held, step)
  }

  /** By the next consumer where this one goes meanwhile. */
  async #byAny(
    held: InHand<Handle>,
    step: (consumer: Consumer<Handle>, handle: Handle) => MaybePromise<void>,
  ): Promise<void> {
    for (;;) {
      const consumer =
        this.#consumer ??
        (await new Promise<Consumer<Handle> | undefined>((next) => this.#waiting.push(next)))
      if (!consumer || held.isLost) return
      try {
        return await step(consumer, held.arrival.handle)
      } catch (error) {
        if (consumer === this.#consumer || consumer.lease === undefined) throw error
      }
    }
  }

  async attach(): Promise<void> {
    const link = this.#link
    if (!link) throw new Error('there is no connection')
    const consumer = await link.consume(this.queue, this)
    if (this.#link !== link) throw new Error('the connection is gone')
    this.#consumer = consumer
    if (this.#stopped) consumer.stop()
    for (const resume of this.#waiting.splice(0)) resume(consumer)
  }

  /** Rejects when messages wait although there is room, or the broker does not know of the consumer. */
  async inspect(): Promise<void> {
    const looked = await this.#consumer?.look?.()
    const quiet = this.#taken === this.#takenBefore
    this.#takenBefore = this.#taken
    if (!looked || (looked.attached && !(quiet && this.room > 0 && looked.waiting > 0))) return
    const error = new Error(`no messages come from the queue ${this.queue.name}`)
    this.log.warn('a consumer has come off, will be attached', { queue: this.queue.name, error })
    this.#lose(error)
    throw error
  }

  /** The consumer is gone, and with it what it has handed over, unless that has leases. */
  #lose(reason: unknown): void {
    const consumer = this.#consumer
    this.#consumer = undefined
    consumer?.stop()
    if (consumer?.lease !== undefined) return
    const lost = [...this.#inHand]
    if (lost.length > 0)
      this.log.warn('messages were taken from their handlers', {
        queue: this.queue.name,
        count: lost.length,
        reason: reasonOf(reason),
      })
    for (const held of lost) held.lose(`the channel was lost: ${reasonOf(reason)}`)
  }

  readonly #lost = (held: InHand<Handle>, reason: string): void => {
    if (held.isLost) return
    held.isLost = true
    if (held.lease) this.log.warn('the lease of a message was lost', { queue: this.queue.name, reason })
    this.#cancel(held, reason)
  }

  #giveBack(reason: string): void {
    for (const held of [...this.#inHand])
      if (held.isGathered || held.delivery?.started === false) this.#cancel(held, reason)
  }

  #cancel(held: InHand<Handle>, reason: string): void {
    if (!held.isGathered) return held.delivery?.cancel(reason)
    this.#intakes.get(held.actor)?.withdraw(held)
    spawn('giving a message back', async () => this.#settle(released(reason), held))
  }

  #lend(held: InHand<Handle>): void {
    const { lease, renew } = this.#consumer ?? {}
    if (lease === undefined || !renew) return
    this.#leases ??= new Leases(lease)
    held.lease = {
      place: -1,
      expires: performance.now() + lease,
      renew: async () => {
        const consumer = this.#consumer
        if (!consumer?.renew) throw new Error('there is no connection')
        return consumer.renew(held.arrival.handle)
      },
      lose: (reason) => held.lose(reason),
    }
    this.#leases.add(held.lease)
  }

  #settle(settlement: Settlement, held: InHand<Handle>): MaybePromise<void> {
    this.#inHand.delete(held)
    if (held.arrival.group !== undefined) this.#holdGroup(settlement, held)
    const settling = carryOut(settlement, held, this)
    this.#consumer?.more?.()
    if (!held.lease) return settling
    const { lease } = held
    const ended = () => this.#leases?.remove(lease)
    if (isPromise(settling)) return settling.finally(ended)
    ended()
  }

  /** A message that is not handled yet holds up those of its group that wait here: they go back behind it. */
  #holdGroup({ state }: Settlement, { arrival: { group } }: InHand<Handle>): void {
    if (state === 'acked' || state === 'dropped') return
    for (const other of [...this.#inHand])
      if (other.arrival.group === group && (other.isGathered || other.delivery?.started === false))
        this.#cancel(other, 'an earlier message of its group was not handled')
  }
}

const released = (reason: string): Settlement => ({ state: 'released', failed: false, after: 0, reason })
