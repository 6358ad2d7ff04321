import { randomUUID } from 'node:crypto'
import { type Deliver, decode, Intake, reasonOf, spawn } from '../../kernel/adapter-kit.ts'
import { getLogger, type Logger, type MessageGiven } from '../../kernel/index.ts'
import type { Declarations } from './declarations.ts'
import { type Outlet, publishRetry } from './follow-up.ts'
import { gatherWrites } from './gathered-writes.ts'
import { type AmqpProperties, type Received, received, topicName } from './message.ts'
import { type AckOrNack, type Broker, called, type Message, type Session } from './rascal.ts'
import { carryOut, type Handed, type Lease } from './settle.ts'
import type { Consumed } from './topology.ts'

/** What the bus gives to a handler. */
export interface AmqpGiven<Data = unknown> extends MessageGiven<Data> {
  /** The key that the message was published with, without the prefix of the bus. */
  readonly routingKey: string
  readonly exchange: string
  readonly properties: AmqpProperties
  /** Whether the broker has handed the message out before, and taken it back. */
  readonly redelivered: boolean
}

/** What consumers share. */
export interface ConsumerContext {
  readonly deliver: Deliver
  readonly outlet: Outlet
  readonly routingKeyPrefix: string
  readonly name: string
  /** Told when the consumer has come off by itself. */
  readonly detached: (error: unknown) => void
}

const givenBack = new Error('given back')

/** Its time on one channel. */
interface Attachment {
  readonly rascal: Session
  readonly lost: AbortController
  /** Rejects the attaching, where it is still under way. */
  fail(error: unknown): void
}

/** Consumes one queue for one actor, over one channel after another. */
export class Consumer {
  readonly consumed: Consumed
  readonly #context: ConsumerContext
  readonly #log: Logger
  readonly #intake: Intake<Handed>
  #session: Attachment | undefined
  #paused = false
  #taken = 0
  #takenBefore = 0
  #late = 0

  constructor(consumed: Consumed, context: ConsumerContext) {
    this.consumed = consumed
    this.#context = context
    this.#log = getLogger(`tomodachi.${context.name}`)
    this.#intake = new Intake(consumed.actor, context.deliver, (settlement, handed) =>
      carryOut(settlement, handed, consumed, context.outlet, this.#log),
    )
  }

  /** Whether the broker knows that messages are to come here. */
  get attached(): boolean {
    return this.#session !== undefined
  }

  /** Resolves when the broker hands messages out to it. */
  async attach(broker: Broker): Promise<void> {
    if (this.#session || this.#paused) return
    const rascal = await called<Session>((done) => broker.subscribe(this.consumed.queue.name, done))
    const lost = new AbortController()
    await new Promise<void>((resolve, reject) => {
      const session: Attachment = { rascal, lost, fail: reject }
      this.#session = session
      this.#listen(session, resolve)
    })
  }

  #listen(session: Attachment, subscribed: () => void): void {
    const { rascal, lost } = session
    const open = rascal._open
    rascal._open = (channel, ...rest) => {
      gatherWrites(channel)
      open(channel, ...rest)
    }
    const off = (error: unknown) => {
      if (this.#session !== session) return
      this.detach(error)
      this.#context.detached(error)
    }
    rascal.on('subscribed', subscribed)
    rascal.on('error', off)
    rascal.on('close', () => off(new Error('the channel was closed')))
    rascal.on('cancelled', off)
    const take = (message: Message, ackOrNack: AckOrNack) =>
      this.#take(message, this.#leaseOf(ackOrNack, lost.signal))
    for (const event of ['invalid_content', 'redeliveries_error', 'redeliveries_exceeded'] as const)
      rascal.on(event, (_, message, ackOrNack) => take(message, ackOrNack))
    // This is what subscribes.
    rascal.on('message', (message, _, ackOrNack) => take(message, ackOrNack))
  }

  /** The channel is of no use any more: what was handed out over it is taken away from its handlers. */
  detach(reason: unknown): void {
    const session = this.#session
    if (!session) return
    this.#session = undefined
    session.fail(reason)
    session.rascal.cancel(() => {})
    const count = this.#intake.size
    if (count > 0)
      this.#log.warn('messages were taken from their handlers', { ...this.#facts, count, reason })
    this.#late += count
    this.#intake.cancel(`the channel was lost: ${reasonOf(reason)}`)
    session.lost.abort()
  }

  /** Takes no more; gives back what has not started. What is running can still be settled. */
  pause(): void {
    this.#paused = true
    // Sent before anything that is given back, which would otherwise come here again.
    this.#session?.rascal.cancel((error) => {
      if (error) this.#log.debug('the consumer could not be cancelled', { error })
    })
    this.#intake.pause()
  }

  /** Rejects when messages wait for it although it has room, or the broker does not know of it. */
  async inspect(declarations: Declarations): Promise<void> {
    const { name } = this.consumed.queue
    const { consumerCount, messageCount } = await declarations.look(name)
    const quiet = this.#taken === this.#takenBefore
    this.#takenBefore = this.#taken
    const hasRoom = this.#intake.size < this.consumed.prefetch
    if (consumerCount > 0 && !(quiet && hasRoom && messageCount > 0)) return
    const error = new Error(`no messages come from the queue ${name}`)
    this.detach(error)
    throw error
  }

  #take(message: Message, lease: Lease): void {
    if (this.#paused || lease.lost.aborted) return lease.giveBack()
    this.#taken++
    const arrived = received(message)
    if (arrived.waitLeft > 0) return this.#waitOn(arrived, lease)
    const { format } = this.consumed
    const { properties, attempt, exchange, redelivered, content } = arrived
    const routingKey = topicName(arrived.routingKey, this.#context.routingKeyPrefix)
    const { contentType } = properties
    const headers =
      contentType === undefined ? arrived.headers : { ...arrived.headers, 'content-type': contentType }
    const { data, metadata, failure } = decode(format, content, routingKey, headers)
    const id = metadata?.messageUuid || properties.messageId || randomUUID()
    const handed: Handed = { message: arrived, lease, identity: { id, topic: routingKey } }
    const given: AmqpGiven = {
      data,
      attempt,
      metadata,
      headers,
      routingKey,
      exchange,
      properties,
      redelivered,
    }
    this.#intake.take(handed, given, { id, attempt, headers, ...(failure && { failure }) })
  }

  /** A wait that no queue can hold goes in hops. */
  #waitOn(message: Received, lease: Lease): void {
    const { properties, attempt, waitLeft: after } = message
    const identity = { id: properties.messageId ?? '', topic: message.routingKey }
    spawn('waiting on', async () => {
      try {
        const retrial = { attempt, after, lost: lease.lost }
        await publishRetry(message, identity, this.consumed, retrial, this.#context.outlet)
        lease.ack()
      } catch (error) {
        lease.giveBack()
        throw error
      }
    })
  }

  #leaseOf(ackOrNack: AckOrNack, lost: AbortSignal): Lease {
    return {
      lost,
      ack: () => {
        if (lost.aborted) this.#tooLate()
        else ackOrNack((error) => error && this.#tooLate(error))
      },
      giveBack: () => {
        // A lost channel has given it back already.
        if (!lost.aborted) ackOrNack(givenBack, { strategy: 'nack', requeue: true }, () => {})
      },
    }
  }

  /** The broker will hand the message out again, although it has been handled. */
  #tooLate(error?: Error): void {
    this.#late++
    this.#log.warn('settled too late: the channel is gone', { ...this.#facts, count: this.#late, error })
  }

  get #facts(): { readonly queue: string } {
    return { queue: this.consumed.queue.name }
  }
}
