import { Fifo, letGo, reasonOf, type Sending, spawn } from '../../../kernel/adapter-kit.ts'
import { hasCode, TomodachiError } from '../../../kernel/index.ts'
import { saidBy } from '../connection/errors.ts'
import { checkFrame } from '../connection/field-table.ts'
import { type ConfirmChannel, fromCallback, type Message, type ServerError } from '../connection/rascal.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import type { AmqpMessage } from '../messages/outgoing.ts'
import { blame, limitIn } from './blame.ts'
import { type Requests, replyQueue } from './requests.ts'
import { Trust } from './trust.ts'

/** Pause before another channel is opened, in milliseconds. */
const reopening = 50
/** A message that is alone when this many channels or connections end is the cause. */
const suspicious = 3

/**
 * Sends over a confirm channel. The broker closes the channel when it does not accept a message, and then nobody knows
 * which of the others it has. So what might be refused is sent alone. If the broker closes the channel all the same,
 * another is opened, and each message that was under way is sent again alone: so the one at fault is found, and no
 * other fails with it.
 */
export class Publisher {
  readonly #parts: LinkParts
  readonly #requests: Requests
  #waiting = new Fifo<Sending<AmqpMessage>>()
  /** Messages that the broker has not answered. */
  #underWay = 0
  /** Messages of a channel that is closing. */
  #cutOff: Sending<AmqpMessage>[] = []
  /** How often each message was returned because no queue took it. The broker returns a message before it confirms it. */
  readonly #returned = new Map<string, number>()
  readonly #trust: Trust
  /** The most bytes of a message, once the broker has named its limit. */
  #limit = Number.POSITIVE_INFINITY
  #channel: ConfirmChannel | undefined
  #closures = 0
  /** Whether the message under way is sent alone. */
  #isAlone = false

  constructor(parts: LinkParts, requests: Requests) {
    this.#parts = parts
    this.#requests = requests
    this.#trust = new Trust(parts.options)
  }

  /** Opens a channel, and sends what waits for one. */
  async open(): Promise<void> {
    const { publishing } = this.#parts.connections
    const channel = await fromCallback<ConfirmChannel>((done) => publishing.createConfirmChannel(done))
    let failure: ServerError | undefined
    channel.on('error', (error) => {
      failure = error
    })
    channel.on('close', () => {
      if (this.#channel === channel) this.#closed(failure)
    })
    channel.on('return', ({ fields, properties }) => {
      const key = keyOf(fields.exchange, fields.routingKey, properties.messageId)
      this.#returned.set(key, (this.#returned.get(key) ?? 0) + 1)
    })
    // Replies come over the channel of the request, which must be listening by then.
    const take = (reply: Message | null) => reply && this.#requests.take(reply)
    await fromCallback((done) => channel.consume(replyQueue, take, { noAck: true }, done))
    this.#channel = channel
    this.#next()
  }

  /**
   * Sends messages. Each is confirmed, or fails with `PUBLISH_REFUSED`, `BROKER_OBJECT_MISSING`, `MESSAGE_TOO_LARGE`,
   * `PAYLOAD_UNBUILDABLE` or, with `mandatory`, `PUBLISH_UNROUTABLE`. Messages under way when the channel closes are
   * given back to the session.
   */
  send(messages: readonly Sending<AmqpMessage>[]): void {
    const { declarations } = this.#parts
    for (const sending of messages) {
      const { subject: topic, into, keepsAlive, content, refusal } = sending.message
      const exchange = exchangeOf(sending.message)
      if (refusal) sending.fail(refusal)
      else if (content.length > this.#limit)
        sending.fail(
          new TomodachiError('MESSAGE_TOO_LARGE', { topic, bytes: content.length, limit: this.#limit }),
        )
      else if (!declarations.knows(exchange)) this.#after(declarations.find(exchange), sending)
      else if (into && keepsAlive && !declarations.isFresh(into)) this.#declareFor(sending)
      else this.#waiting.push(sending)
    }
    this.#next()
  }

  #next(): void {
    for (let first = this.#waiting.first; this.#channel && first; first = this.#waiting.first) {
      const isSuspect = first.message.closures > 0 || !this.#trust.covers(first.message)
      if (this.#underWay > 0 && (isSuspect || this.#isAlone)) return
      this.#isAlone = isSuspect
      this.#waiting.shift()
      this.#sendOne(first, this.#channel)
    }
  }

  #sendOne(sending: Sending<AmqpMessage>, channel: ConfirmChannel): void {
    const { subject: topic, exchange, routingKey, content, fields } = sending.message
    try {
      checkFrame(fields.headers, this.#parts.connections.publishing.connection.frameMax)
      channel.publish(exchange, routingKey, content, fields, (error) => this.#answered(sending, error))
      this.#underWay++
    } catch (error) {
      // The channel has closed. Its event follows, and then everything that was given to it is sent again.
      if ((error as Error).name === 'IllegalOperationError') return
      const values = { topic, reason: reasonOf(error) }
      sending.fail(new TomodachiError('PAYLOAD_UNBUILDABLE', values, { cause: error }))
    }
  }

  /** Declares the queue that the message goes into, and then sends the message. */
  #declareFor(sending: Sending<AmqpMessage>): void {
    const { into } = sending.message
    if (into) this.#after(this.#parts.declarations.ensure(into), sending)
  }

  #after(step: Promise<void>, sending: Sending<AmqpMessage>): void {
    const closures = this.#closures
    const done = () => {
      // If the channel has closed in the meantime, the message was given back with all others.
      if (closures === this.#closures) this.send([sending])
    }
    letGo(step.then(done, (error) => sending.fail(error)))
  }

  #answered(sending: Sending<AmqpMessage>, error: Error | null | undefined): void {
    // When a channel closes, amqplib calls back for each message first, and only then says that it has closed.
    if (error && error.message !== 'message nacked') return void this.#cutOff.push(sending)
    this.#underWay--
    const { message } = sending
    const { subject: topic } = message
    if (!error && !this.#trust.covers(message)) this.#trust.extend(message)
    if (error) sending.fail(new TomodachiError('PUBLISH_REFUSED', { topic, reason: 'it sent a nack' }))
    else if (!message.fields.mandatory || !this.#hasReturned(message)) sending.confirm()
    else if (this.#isMissing(message)) this.#declareFor(sending)
    else sending.fail(new TomodachiError('PUBLISH_UNROUTABLE', { topic }))
    if (this.#waiting.length > 0) this.#next()
  }

  #hasReturned({ exchange, routingKey, fields }: AmqpMessage): boolean {
    const key = keyOf(exchange, routingKey, fields.messageId)
    const times = this.#returned.get(key) ?? 0
    if (times > 1) this.#returned.set(key, times - 1)
    else this.#returned.delete(key)
    return times > 0
  }

  /**
   * Whether to declare its queue or exchange again, because somebody may have deleted it: once, and only if it is ours.
   */
  #isMissing(message: AmqpMessage, error?: unknown): boolean {
    const { declarations } = this.#parts
    const { exchange, into } = message
    const canDeclareExchange = hasCode(error, 'BROKER_OBJECT_MISSING') && declarations.lose(exchange)
    if (!into && !canDeclareExchange) return false
    return message.misses++ === 0 && (canDeclareExchange || (into !== undefined && declarations.forget(into)))
  }

  /** Opens another channel, and fails the message that made the broker close this one. */
  #closed(failure: ServerError | undefined): void {
    const { session, connections } = this.#parts
    const cutOff = this.#cutOff
    const wasAlone = this.#isAlone && cutOff.length === 1
    this.#cutOff = []
    this.#underWay = 0
    this.#returned.clear()
    this.#channel = undefined
    this.#closures++
    this.#requests.lost()
    // Without an error it has closed with its connection.
    if (!failure) return void this.#suspect(cutOff, wasAlone)
    session.log.warn('the broker closed the channel for publishing; it is opened again', { error: failure })
    this.#limit = Math.min(this.#limit, limitIn(saidBy(failure)))
    for (const sending of cutOff) {
      sending.message.closures++
      const error = blame(sending.message, failure, wasAlone)
      if (error && !this.#isMissing(sending.message, error)) sending.fail(error)
    }
    this.#waiting = new Fifo()
    this.#isAlone = false
    session.unanswered()
    const open = async () => {
      try {
        await connections.within(this.open())
      } catch (error) {
        connections.lose(error)
      }
    }
    setTimeout(() => spawn('opening a channel for publishing', open), reopening).unref()
  }

  /** A broker that cannot read a message ends the connection. Whoever is alone each time will be refused. */
  #suspect(cutOff: readonly Sending<AmqpMessage>[], wasAlone: boolean): void {
    const { failure } = this.#parts.connections
    // Codes of AMQP 0-9-1, 1.2: the connection ends because of what this side has sent.
    if (!failure || !(Number((failure as ServerError).code) >= 500)) return
    for (const { message } of cutOff) {
      message.closures++
      if (!wasAlone || message.closures < suspicious) continue
      const values = { topic: message.subject, reason: saidBy(failure) }
      message.refusal = new TomodachiError('PUBLISH_REFUSED', values)
    }
  }
}

/** The exchange that a message is published to, at last. */
function exchangeOf({ exchange, into }: AmqpMessage): string {
  return (into?.arguments['x-dead-letter-exchange'] as string | undefined) ?? exchange
}

/** Copies of one message may be under way to several queues. */
function keyOf(exchange: string, routingKey: string, id: string | undefined): string {
  return `${exchange}\n${routingKey}\n${id}`
}
