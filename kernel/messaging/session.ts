import type { Sender } from '../../envelopes/index.ts'
import type { Actor } from '../actors/actor.ts'
import type { AdapterStart, Problem } from '../actors/adapter.ts'
import type { Bus } from '../actors/bus.ts'
import { hasCode, TomodachiError } from '../errors.ts'
import { getLogger, type Logger } from '../log/index.ts'
import { spawn } from '../log/spawn.ts'
import { letGo, type MaybePromise } from '../promise.ts'
import { isA } from '../thrown.ts'
import type { Broker, BrokerSession, ConsumedQueue, Link } from './broker/broker.ts'
import { inTime } from './broker/in-time.ts'
import type { Outgoing } from './broker/sending.ts'
import type { ResolvedBusOptions } from './bus-option-shapes.ts'
import { ConnectionKeeper, type ConnectionSteps } from './connection-keeper.ts'
import type { AttachingPatience } from './consuming/attaching.ts'
import { Consumption } from './consuming/consumption.ts'
import { Turns } from './consuming/turns.ts'
import { checkDeadLetters } from './dead-letters/dead-letter-loop.ts'
import { sendAtOnce } from './publishing/at-once.ts'
import { Outbox } from './publishing/outbox.ts'
import { outboxRules } from './publishing/outbox-rules.ts'
import type { MessageActor } from './topics/messages.ts'

/** How many queues begin to be consumed at a time. With thousands at once, the last would be late. */
const attachedAtOnce = 64
/** How long connecting may make no progress, whatever a library does, in milliseconds. */
const connectPatience = 15_000

/** A bus from a start to the close: its consumers and what it sends, over one link after another. */
export class Session<Queue extends ConsumedQueue, Handle, Message extends Outgoing>
  implements BrokerSession<Message>, ConnectionSteps
{
  readonly name: string
  readonly log: Logger
  readonly bus: Bus
  readonly actors: readonly Actor[]
  /** Whom messages name as their sender. */
  readonly sender: () => Sender
  readonly isCheck: boolean
  readonly #broker: Broker<Queue, Handle, Message>
  readonly #queues: readonly Queue[]
  readonly #consumptions: readonly Consumption<Queue, Handle>[]
  readonly #outbox: Outbox<Message> | undefined
  readonly #keeper: ConnectionKeeper
  readonly #ending = new AbortController()
  readonly #startSignal: AbortSignal
  #connecting: Promise<void> | undefined
  #link: Link<Queue, Handle, Message> | undefined
  /** Links that are gone, and why. */
  readonly #lost = new WeakMap<object, { readonly error: unknown }>()
  /** Resolves when what is left of earlier links is closed. */
  #closing: Promise<void> = Promise.resolve()
  #hasConnected = false
  readonly #patience: AttachingPatience
  /** When connecting last made progress, on the clock of `performance`. */
  #progressedAt = 0

  /** Throws what the broker's `plan` throws, and `DEAD_LETTER_LOOP`. */
  constructor(
    broker: Broker<Queue, Handle, Message>,
    options: ResolvedBusOptions,
    { actors, deliver, bus, signal, sender, isCheck = false }: AdapterStart,
  ) {
    const { name, inspectionInterval } = options
    this.name = name
    this.bus = bus
    this.actors = actors
    this.log = getLogger(`tomodachi.${name}`)
    this.#broker = broker
    this.#startSignal = signal
    this.sender = sender
    this.isCheck = isCheck
    this.#queues = broker.plan(actors as readonly MessageActor[])
    checkDeadLetters(this.#queues)
    const turns = new Turns(attachedAtOnce)
    const context = { deliver, log: this.log, inspectionInterval, turns, readAhead: broker.readAhead }
    this.#consumptions = this.#queues.map((queue) => new Consumption<Queue, Handle>(queue, context))
    this.#outbox = broker.limits && new Outbox(outboxRules(broker, broker.limits, options))
    this.#keeper = new ConnectionKeeper(this, { ...options, isTold: broker.limits !== undefined })
    const deadline = performance.now() + options.startTimeout
    this.#patience = { deadline, isHopeless: (error) => this.isHopeless(error) }
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  get ready(): boolean {
    return this.#keeper.ready && this.#consumptions.every(({ ready }) => ready)
  }

  /** What keeps it from being ready, and why. */
  get problems(): readonly Problem[] {
    if (!this.#keeper.ready) {
      const { reason, since } = this.#keeper
      return [{ part: 'the connection', reason, since }]
    }
    return this.#consumptions.flatMap(({ problem = [] }) => problem)
  }

  /** Resolves when connected, with every queue consumed. Rejects with the error of the last attempt. */
  async start(): Promise<void> {
    const stop = () => letGo(this.#keeper.close())
    this.#startSignal.addEventListener('abort', stop)
    try {
      this.#startSignal.throwIfAborted()
      await this.#keeper.start()
    } finally {
      this.#startSignal.removeEventListener('abort', stop)
    }
  }

  /** Takes nothing new. */
  pause(): void {
    for (const consumption of this.#consumptions) consumption.pause()
    this.#outbox?.stopLingering()
  }

  /** Resolves when nothing is left open. What is not confirmed is given up. */
  async close(): Promise<void> {
    this.pause()
    await this.#keeper.close()
    this.#outbox?.close((subject) => this.#notStarted(`publishing to ${subject}`))
  }

  /** The link that there is. Rejects with `BROKER_UNREACHABLE` while there is none. */
  get link(): Link<Queue, Handle, Message> {
    if (this.#link) return this.#link
    throw this.#unreachable('there is no connection')
  }

  async send(subject: string, message: Message): Promise<unknown> {
    return this.dispatch(subject, message)
  }

  /** The same; a broker that confirms at once has it when this returns. Throws what `send` rejects with then. */
  dispatch(subject: string, message: Message): MaybePromise<unknown> {
    if (this.#ending.signal.aborted) throw this.#notStarted(`publishing to ${subject}`)
    return this.#outbox ? this.#outbox.send(subject, message) : sendAtOnce(this.link, message)
  }

  lost(link: object, error: unknown): void {
    if (this.#lost.has(link)) return
    this.#lost.set(link, { error })
    if (!this.#link || this.#link !== link) return
    const ended = this.#link
    spawn('ending a lost connection', () => this.#drop(ended, error))
    this.#keeper.tell({ type: 'lost', error })
  }

  blocked(isBlocked: boolean): void {
    this.#outbox?.block(isBlocked)
    this.#keeper.tell({ type: isBlocked ? 'blocked' : 'unblocked' })
  }

  unanswered(): void {
    this.#outbox?.unanswered()
  }

  progressed(): void {
    this.#progressedAt = performance.now()
  }

  connect(): Promise<void> {
    this.#connecting = this.#connect()
    return this.#connecting
  }

  async #connect(): Promise<void> {
    this.#outbox?.block(false)
    this.progressed()
    const link = await inTime(
      this.#broker.connect(this, this.#queues),
      connectPatience,
      () => this.#unreachable('it does not answer'),
      { late: (late) => late.close(), progressedAt: () => this.#progressedAt },
    )
    this.#link = link
    try {
      this.#check(link)
      this.#outbox?.attach((target, messages) => link.send(target, messages))
      for (const consumption of this.#consumptions) consumption.begin(link)
      // Later each comes back by itself.
      if (!this.#hasConnected)
        await Promise.all(this.#consumptions.map((consumption) => consumption.attached(this.#patience)))
      this.#check(link)
    } catch (error) {
      if (this.#link === link) await this.#drop(link, error)
      this.#check(link)
      throw error
    }
    this.#hasConnected = true
  }

  #check(link: object): void {
    if (this.#ending.signal.aborted) throw new TomodachiError('STOPPED_WHILE_STARTING', {})
    const lost = this.#lost.get(link)
    if (lost) throw lost.error ?? this.#unreachable('the connection was lost')
  }

  async disconnect(): Promise<void> {
    this.#ending.abort()
    this.pause()
    await this.#connecting?.catch(() => {})
    await Promise.allSettled(this.#consumptions.map((consumption) => consumption.close()))
    if (this.#link) await this.#drop(this.#link, new Error('the bus was closed'))
    await this.#closing
  }

  isHopeless(error: unknown): boolean {
    // The broker has not said anything.
    if (hasCode(error, 'QUEUE_NOT_CONSUMED')) return false
    return this.#broker.isHopeless?.(error) ?? isFinal(error)
  }

  /** Nothing goes over this link any more. */
  async #drop(link: Link<Queue, Handle, Message>, reason: unknown): Promise<void> {
    this.#link = undefined
    this.#outbox?.detach()
    for (const consumption of this.#consumptions) consumption.end(reason)
    const before = this.#closing
    this.#closing = this.#end(link).then(() => before)
    await this.#closing
  }

  async #end(link: Link<Queue, Handle, Message>): Promise<void> {
    try {
      await link.close()
    } catch (error) {
      this.log.warn('a connection could not be closed', { error })
    }
  }

  #unreachable(reason: string): TomodachiError {
    return new TomodachiError('BROKER_UNREACHABLE', { broker: this.name, reason })
  }

  #notStarted(operation: string): TomodachiError {
    return new TomodachiError('ADAPTER_NOT_STARTED', { adapter: this.name, operation })
  }
}

/** An error of ours says what was refused or is missing: it would be the same again, unless nobody has answered. */
function isFinal(error: unknown): boolean {
  return isA(error, TomodachiError) && !hasCode(error, 'BROKER_UNREACHABLE')
}
