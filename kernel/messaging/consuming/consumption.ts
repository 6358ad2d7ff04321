import type { Problem } from '../../actors/adapter.ts'
import type { Deliver } from '../../actors/bus.ts'
import { TomodachiError } from '../../errors.ts'
import type { Logger } from '../../log/index.ts'
import { spawn } from '../../log/spawn.ts'
import { letGo } from '../../promise.ts'
import { reasonOf } from '../../thrown.ts'
import type { ConsumedQueue, Link } from '../broker/broker.ts'
import type { Consumer } from '../broker/consumer.ts'
import { inTime } from '../broker/in-time.ts'
import { type AttachingPatience, attached, attaching, type Runner } from './attaching.ts'
import { Attachment } from './attachment.ts'
import { Hand } from './hand.ts'
import type { Turns } from './turns.ts'

/** How long consuming a queue may take to begin, whatever a library does, in milliseconds. */
const attachPatience = 15_000

/** What the consumers of a bus share. */
export interface ConsumptionContext {
  readonly deliver: Deliver
  readonly log: Logger
  /** In milliseconds. */
  readonly inspectionInterval: number
  /** Who may begin to consume. */
  readonly turns: Turns
  /** That of the broker. */
  readonly readAhead: number | undefined
}

/** Consumes one queue for its actors, by one consumer of the broker after another. */
export class Consumption<Queue extends ConsumedQueue, Handle> implements Runner {
  readonly queue: Queue
  readonly inspectionInterval: number
  readonly #log: Logger
  readonly #turns: Turns
  readonly #hand: Hand<Handle>
  readonly #machine: ReturnType<typeof attaching>
  #link: Link<Queue, Handle> | undefined
  /** What is consumed by, or by the attempt that is under way. */
  #attachment: Attachment<Handle> | undefined
  #wasAttached = false
  #stopped = false
  #isClosing = false
  #takenBefore = 0
  /** What keeps messages from the queue. */
  #fault: unknown
  #faultSince: Date | undefined
  /** Since when it has no consumer, or had none that worked. */
  #goneSince = new Date()

  constructor(queue: Queue, { deliver, log, inspectionInterval, turns, readAhead }: ConsumptionContext) {
    this.queue = queue
    this.#turns = turns
    this.inspectionInterval = inspectionInterval
    this.#log = log
    this.#hand = new Hand(queue, deliver, log, readAhead)
    this.#machine = attaching(this)
  }

  /** Whether messages come, or would. */
  get ready(): boolean {
    return this.#unreadySince === undefined
  }

  /** What keeps it from being ready. */
  get problem(): Problem | undefined {
    const since = this.#unreadySince
    return since && { part: `the queue "${this.queue.name}"`, reason: this.#reason, since }
  }

  get #unreadySince(): Date | undefined {
    const { consumer } = this.#attachment ?? {}
    return consumer ? (this.#faultSince ?? consumer.failure?.since) : this.#goneSince
  }

  get #reason(): string {
    const { consumer } = this.#attachment ?? {}
    const error = this.#fault ?? consumer?.failure?.error ?? this.#machine.getSnapshot().context.error
    return error === undefined ? 'it is not consumed yet' : reasonOf(error)
  }

  get canBeInspected(): boolean {
    return this.#attachment?.consumer?.look !== undefined
  }

  /** Consumes over this link from now on. */
  begin(link: Link<Queue, Handle>): void {
    this.#link = link
    this.#machine.send({ type: 'linked' })
    // Messages with leases that are still with their handlers are settled by a consumer that takes no more.
    if (this.#stopped && this.#hand.hasLeases) spawn('consuming once more to settle', () => this.attach())
  }

  /** Resolves when messages come, or would. Rejects with the error of the last attempt. */
  attached(patience: AttachingPatience): Promise<void> {
    return attached(this.#machine, patience, (error) => this.#willTryAgain(error))
  }

  /** There is no link any more. */
  end(reason: unknown): void {
    this.#link = undefined
    this.#machine.send({ type: 'unlinked' })
    this.#lose(reason)
  }

  #off(error: unknown): void {
    if (!this.#stopped)
      this.#log.warn('a consumer has come off, will be attached', { queue: this.queue.name, error })
    this.#lose(error)
    this.#machine.send({ type: 'off', error })
  }

  /** Takes no more; gives back what has not started. What is running can still be settled. */
  pause(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#machine.send({ type: 'stop' })
    this.#attachment?.stop()
    this.#hand.pause()
  }

  /** Resolves when the broker's consumer is closed, and has given back what was to be. */
  async close(): Promise<void> {
    this.pause()
    this.#isClosing = true
    const attachment = this.#attachment
    try {
      if (attachment?.consumer) await this.#closeConsumer(attachment, attachment.consumer)
    } finally {
      if (attachment) attachment.isOver = true
      this.#attachment = undefined
      this.#hand.close()
    }
  }

  async #closeConsumer(attachment: Attachment<Handle>, consumer: Consumer<Handle>): Promise<void> {
    await attachment.stopping
    await this.#hand.givenBack()
    if (!attachment.isOver) await consumer.close?.()
    // What has come meanwhile.
    await this.#hand.givenBack()
  }

  async attach(): Promise<void> {
    const link = this.#link
    if (!link) throw this.#notConsumed('there is no connection to the broker')
    const attachment = new Attachment<Handle>(this.#hand, (error) => this.#off(error))
    this.#attachment = attachment
    this.#hand.use(attachment)
    try {
      attachment.consumer = await this.#turns.take(() => this.#consume(link, attachment))
    } catch (error) {
      this.#failed(attachment, error)
      throw error
    }
    if (this.#stopped || attachment.isOver) attachment.stop()
    if (attachment.isOver) throw this.#notConsumed('the connection to the broker was lost')
    this.#wasAttached = true
    this.#hand.use(attachment)
  }

  #consume(link: Link<Queue, Handle>, attachment: Attachment<Handle>): Promise<Consumer<Handle>> {
    if (attachment.isOver) throw this.#notConsumed('the connection to the broker was lost')
    return inTime(
      link.consume(this.queue, attachment),
      attachPatience,
      () => this.#notConsumed(`the broker has not answered for ${attachPatience / 1_000} s`),
      { late: async (late) => this.#dismiss(late), keepsAlive: false },
    )
  }

  #notConsumed(reason: string): TomodachiError {
    return new TomodachiError('QUEUE_NOT_CONSUMED', { queue: this.queue.name, reason })
  }

  #failed(attachment: Attachment<Handle>, error: unknown): void {
    if (attachment.isOver) return
    this.#lose(error)
    // At the start it may be the last attempt.
    if (this.#wasAttached && !this.#stopped) this.#willTryAgain(error)
  }

  #willTryAgain(error: unknown): void {
    this.#log.warn('a queue cannot be consumed, will be tried again', { queue: this.queue.name, error })
  }

  /** Takes a consumer off that gets no messages though they wait and there is room, or that the broker does not know. */
  async inspect(): Promise<void> {
    const attachment = this.#attachment
    const { taken, room } = this.#hand
    const isQuiet = taken === this.#takenBefore && room > 0
    this.#takenBefore = taken
    let error: unknown
    try {
      const looked = await attachment?.consumer?.look?.()
      const hasCome = this.#hand.taken > taken
      if (attachment === this.#attachment) this.#find(looked?.fault)
      if (!looked || (looked.attached && (!isQuiet || hasCome || looked.waiting === 0))) return
      error = this.#notConsumed('messages wait in it, and none come')
    } catch (failure) {
      error = failure
    }
    // One that has come off meanwhile has been told of.
    if (attachment && !attachment.isOver && !this.#stopped) this.#off(error)
  }

  /** Notes what keeps messages from the queue, or that nothing does. */
  #find(fault: unknown): void {
    const before = this.#fault
    this.#fault = fault
    this.#faultSince = fault === undefined ? undefined : (this.#faultSince ?? new Date())
    const facts = { queue: this.queue.name }
    if (fault !== undefined && (before === undefined || reasonOf(before) !== reasonOf(fault)))
      this.#log.warn('messages do not come into a queue', { ...facts, error: fault })
    if (fault === undefined && before !== undefined)
      this.#log.info('messages come into the queue again', facts)
  }

  /** A consumer whose link lives gives up what it holds there, too. */
  #dismiss(consumer: Consumer<Handle>): void {
    if (this.#link && consumer.abandon) consumer.abandon()
    else letGo(Promise.resolve(consumer.stop()))
  }

  /** The consumer is gone, and with it what it has handed over, unless that has leases. */
  #lose(reason: unknown): void {
    const attachment = this.#attachment
    if (!attachment) return
    const { consumer } = attachment
    if (consumer) this.#goneSince = this.#unreadySince ?? new Date()
    attachment.isOver = true
    this.#attachment = undefined
    this.#fault = undefined
    this.#faultSince = undefined
    if (consumer) this.#dismiss(consumer)
    this.#hand.lose(reasonOf(reason))
    this.#hand.use(undefined)
    // There will be no other one.
    if (this.#isClosing) this.#hand.close()
  }
}
