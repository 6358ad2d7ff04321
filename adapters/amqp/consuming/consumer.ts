import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, letGo, type Receiver, type Replied, spawn } from '../../../kernel/adapter-kit.ts'
import { hasCode } from '../../../kernel/index.ts'
import { farewell } from '../connection/connections.ts'
import { connectionError } from '../connection/errors.ts'
import { type Channel, fromCallback, type Message, type ServerError } from '../connection/rascal.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import { Delivered } from '../messages/message.ts'
import { retriedQueue } from '../topology/retries.ts'
import type { AmqpQueue } from '../topology/topology.ts'
import { deadLetterCopies, givenUp, replyTo, retryCopy, sendFirst } from './follow-up.ts'
import { removeOwn } from './private-queue.ts'
import { Redeliveries } from './redeliveries.ts'
import { renewed, warnOfLimit } from './renewal.ts'

/** Consumes one queue over a channel of its own. When the channel ends, so does the consumer, and its messages are lost to it. */
export class ChannelConsumer implements Consumer<Delivered> {
  readonly #queue: AmqpQueue
  readonly #receiver: Receiver<Delivered>
  readonly #parts: LinkParts
  /** Aborts when the channel is gone; the broker then hands the channel's messages out again. */
  readonly #gone = new AbortController()
  /** Undefined until it is open. */
  #channel!: Channel
  #tags: string[] = []
  /** Messages that arrive before `open` has resolved. */
  #early: Message[] | undefined = []
  readonly #redeliveries: Redeliveries
  /** Messages behind one whose redelivery is being counted, and that one. */
  #line: Delivered[] = []
  #isCounting = false
  #isOpen = false
  #isStopped = false
  #isOver = false
  /** Whether any message has come. */
  #hasTaken = false

  constructor(queue: AmqpQueue, receiver: Receiver<Delivered>, parts: LinkParts) {
    this.#queue = queue
    this.#receiver = receiver
    this.#parts = parts
    this.#redeliveries = new Redeliveries(queue, parts)
  }

  /** Resolves when the queue is consumed. When it rejects, with the server's refusal, it leaves no channel open. */
  async open(): Promise<this> {
    const { connections, declarations } = this.#parts
    const { name, retried, priority } = this.#queue
    try {
      if (retried !== undefined) await declarations.ensure(retriedQueue(this.#queue))
      warnOfLimit(this.#queue, this.#parts)
      await declarations.ensureConsumable(this.#queue)
      const channel = await connections.channel()
      this.#listen(channel)
      const { prefetch } = this.#receiver
      await connections.within(fromCallback((done) => channel.prefetch(prefetch, false, done)))
      const take = (message: Message | null) => this.#delivered(message)
      const options = priority === undefined ? {} : { priority }
      for (const each of retried === undefined ? [name] : [name, retried]) {
        const consuming = fromCallback<{ consumerTag: string }>((done) =>
          channel.consume(each, take, options, done),
        )
        this.#tags.push((await connections.within(consuming)).consumerTag)
      }
      this.#isOpen = true
      setImmediate(() => this.#begin())
      return this
    } catch (error) {
      letGo(this.#end())
      throw connectionError(error, this.#parts.options)
    }
  }

  ack(message: Delivered): void {
    if (this.#isOver) return
    this.#channel.ack(message)
    this.#redeliveries.forget(message)
  }

  /** Where counts cannot be stored, a copy carries the count that it has, as its return does not count. */
  async release(message: Delivered): Promise<void> {
    if (this.#isOver) return
    const isStorable = await this.#redeliveries.release(message)
    message.carriesCount = !isStorable && message.redeliveries > 0
    if (message.carriesCount && (await renewed(message, this.#queue, this.#parts.session)))
      return this.ack(message)
    if (!this.#isOver) this.#channel.nack(message, false, true)
  }

  /** With `declare: false` and no retry queue for this delay, the process waits itself. */
  async retry(message: Delivered, after: number, attempt: number): Promise<void> {
    const { session, options } = this.#parts
    const copy = retryCopy(message, this.#queue, after, attempt)
    try {
      await session.send(copy.subject, copy)
    } catch (error) {
      if (hasCode(error, 'PAYLOAD_UNBUILDABLE'))
        return this.setAside(message, givenUp(message, this.#queue, attempt, error))
      if (options.declare || !copy.into || !hasCode(error, 'PUBLISH_UNROUTABLE')) throw error
      await sleep(Math.min(after, 2 ** 31 - 1), undefined, this.#gone).catch(() => {})
      const atOnce = retryCopy(message, this.#queue, 0, attempt)
      await session.send(atOnce.subject, atOnce)
    }
    this.ack(message)
  }

  async setAside(message: Delivered, headers: Readonly<Record<string, unknown>>): Promise<void> {
    await sendFirst(deadLetterCopies(message, this.#queue, headers), this.#parts.session)
    this.ack(message)
  }

  async reply(message: Delivered, reply: Replied): Promise<void> {
    const answer = replyTo(message, reply)
    await this.#parts.session.send(answer.subject, answer)
  }

  /** Also makes exchange and bindings anew, which somebody may have removed. */
  async look(): ReturnType<NonNullable<Consumer['look']>> {
    const { declarations } = this.#parts
    const { consumerCount, messageCount } = await declarations.look(this.#queue.name)
    const waiting = consumerCount > 1 && this.#mayBeStandby() ? 0 : messageCount
    const looked = { attached: consumerCount > 0, waiting }
    return declarations.ensureBound(this.#queue).then(
      () => looked,
      (fault: unknown) => ({ ...looked, fault }),
    )
  }

  abandon(): void {
    letGo(this.#end())
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    // Cancel before anything is given back, because it would otherwise come here again.
    if (!this.#isOver)
      for (const tag of this.#tags) letGo(fromCallback((done) => this.#channel.cancel(tag, done)))
  }

  /** Closes the channel before the connection, because closing only the connection could overtake acks. */
  async close(): Promise<void> {
    await this.#redeliveries.close()
    await removeOwn(this.#queue, this.#channel, this.#parts)
    await this.#parts.connections.within(this.#end(), farewell).catch(() => {})
  }

  /**
   * Whether another consumer may be the single active one, which gets all messages. Of a queue that is not declared here,
   * nobody can tell.
   */
  #mayBeStandby(): boolean {
    const { priority, arguments: given } = this.#queue
    const isSingle = given['x-single-active-consumer'] === true
    return priority !== undefined || (!this.#hasTaken && (isSingle || !this.#parts.options.declare))
  }

  #listen(channel: Channel): void {
    this.#channel = channel
    let failure: ServerError | undefined
    channel.on('error', (error) => {
      failure = error
    })
    // A channel that ends with its connection has no error, and the loss of the connection is told first.
    channel.on('close', () => queueMicrotask(() => this.#off(failure ?? new Error('the channel was closed'))))
  }

  #begin(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const message of early) this.#take(message)
  }

  #delivered(message: Message | null): void {
    if (!message) this.#off(new Error('the broker has cancelled the consumer'))
    else if (this.#early) this.#early.push(message)
    else this.#take(message)
  }

  #take(message: Message): void {
    this.#hasTaken = true
    if (this.#isOver) return
    const { name, retried, route } = this.#queue
    const from = message.fields.routingKey === retried ? retried : name
    const delivered = new Delivered(message, this.#parts.options.routingKeyPrefix, from)
    const actor = route(delivered.exchange, delivered.routingKey, delivered.properties.headers ?? {})
    if (actor) delivered.actor = actor
    else delivered.fault ??= `no handler of the queue takes the topic ${delivered.topic}`
    if (this.#isStopped) letGo(this.release(delivered))
    else if (delivered.waitLeft > 0) this.#waitOn(delivered)
    else if (!this.#isCounting && !message.fields.redelivered) this.#receiver.take(delivered)
    else this.#queueUp(delivered)
  }

  /** A message that came back is counted before it is handled. Those behind it keep their order. */
  #queueUp(delivered: Delivered): void {
    this.#line.push(delivered)
    if (this.#isCounting) return
    this.#isCounting = true
    // With those that arrive together with it.
    setImmediate(() => spawn('counting redeliveries', () => this.#countLine()))
  }

  async #countLine(): Promise<void> {
    while (this.#line.length > 0 && !this.#isOver) {
      const messages = this.#line
      this.#line = []
      const again = messages.filter(({ fields }) => fields.redelivered)
      if (again.length > 0) await this.#redeliveries.count(again)
      const mayRenew = !this.#isStopped && !this.#isOver
      const renewals = messages.map((each) => mayRenew && renewed(each, this.#queue, this.#parts.session))
      for (const [index, message] of messages.entries()) {
        if (await renewals[index]) this.ack(message)
        else if (this.#isStopped) letGo(this.release(message))
        else if (!this.#isOver) this.#receiver.take(message)
      }
    }
    this.#isCounting = false
  }

  /** A wait that is too long for one queue is split over several. */
  #waitOn(message: Delivered): void {
    spawn('sending a message on that waits', async () => {
      try {
        await this.retry(message, message.waitLeft, message.attempt)
      } catch (error) {
        letGo(this.release(message))
        throw error
      }
    })
  }

  /** Ends the consumer; messages in hand go back to the queue. */
  #off(error: unknown): void {
    if (this.#isOver) return
    letGo(this.#end())
    if (this.#isOpen) this.#receiver.off(error)
  }

  /** Resolves when the channel is closed. Rejects if it was already closed, or never opened. */
  async #end(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#gone.abort()
    this.#parts.declarations.forget(this.#queue)
    this.#parts.declarations.forget(retriedQueue(this.#queue))
    letGo(this.#redeliveries.close())
    await fromCallback((done) => this.#channel.close(done))
  }
}
