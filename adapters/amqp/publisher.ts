import { outside, reasonOf, spawn } from '../../kernel/adapter-kit.ts'
import { getLogger, TomodachiError } from '../../kernel/index.ts'
import { saidBy } from './errors.ts'
import { Outbox } from './outbox.ts'
import { blame, type Outgoing, type Pending, Returned } from './pending.ts'
import { type ConfirmChannel, type Connection, called, type Message, type ServerError } from './rascal.ts'
import { type Requests, replyQueue } from './requests.ts'

export interface PublisherOptions {
  readonly name: string
  readonly publishWindow: number
  readonly publishQueue: number
  readonly publishTimeout: number
}

/** Pause before another channel is opened, in milliseconds. */
const reopening = 50

/**
 * Publishes over one confirm channel. At most `publishWindow` messages are under way, `publishQueue` more wait, and each
 * is confirmed or has failed after `publishTimeout`. What was under way when a channel was lost is sent again with the
 * same message id over the next one.
 */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #requests: Requests
  readonly #outbox = new Outbox()
  readonly #returned = new Returned()
  #connection: Connection | undefined
  #channel: ConfirmChannel | undefined
  #full = false
  #blocked = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: PublisherOptions, requests: Requests) {
    this.#options = options
    this.#requests = requests
  }

  /** Goes on over this connection. */
  async attach(connection: Connection): Promise<void> {
    this.#connection = connection
    this.#blocked = false
    await this.#open(connection)
  }

  /** The connection is gone: everything waits for the next one. */
  detach(): void {
    this.#connection = undefined
    this.#lose()
  }

  /** Whether the broker takes no messages for the time being. */
  hold(blocked: boolean): void {
    this.#blocked = blocked
    this.#send()
  }

  /**
   * Resolves when the broker has confirmed the message. Rejects with `PUBLISH_OVERFLOW`, `PUBLISH_TIMEOUT`,
   * `PUBLISH_REFUSED`, `BROKER_OBJECT_MISSING` and, where `mandatory`, `PUBLISH_UNROUTABLE`.
   */
  publish(message: Outgoing): Promise<void> {
    const { publishQueue, publishTimeout } = this.#options
    const { waiting } = this.#outbox
    if (waiting >= publishQueue && !this.#isOpen)
      return Promise.reject(new TomodachiError('PUBLISH_OVERFLOW', { topic: message.subject, waiting }))
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + publishTimeout
      const state = { closures: 0, underWay: false, settled: false }
      this.#outbox.add({ ...message, deadline, resolve, reject, ...state })
      this.#timer ??= outside(() => setTimeout(() => this.#expire(), publishTimeout))
      this.#send()
    })
  }

  /** Gives up whatever is not confirmed. */
  close(error: (message: Outgoing) => unknown): void {
    this.detach()
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const message of this.#outbox) this.#outbox.settle(message, error(message))
  }

  get #isOpen(): boolean {
    return (
      this.#channel !== undefined &&
      !this.#blocked &&
      !this.#full &&
      this.#outbox.underWay < this.#options.publishWindow
    )
  }

  async #open(connection: Connection): Promise<void> {
    const channel = await called<ConfirmChannel>((done) => connection.createConfirmChannel(done))
    if (this.#connection !== connection) return
    let failure: ServerError | undefined
    channel.on('error', (error) => {
      failure = error
    })
    channel.on('close', () => {
      if (this.#channel === channel) this.#closed(connection, failure)
    })
    channel.on('drain', () => {
      this.#full = false
      this.#send()
    })
    channel.on('return', ({ fields, properties }) => this.#returned.note({ ...fields, fields: properties }))
    // Replies come to the channel over which the request went, and it must listen before.
    const take = (reply: Message | null) => reply && this.#requests.take(reply)
    await called((done) => channel.consume(replyQueue, take, { noAck: true }, done))
    if (this.#connection !== connection) return
    this.#channel = channel
    this.#send()
  }

  #send(): void {
    while (this.#isOpen) {
      const message = this.#outbox.take()
      if (!message) return
      this.#sendOne(message, this.#channel as ConfirmChannel)
    }
  }

  #sendOne(message: Pending, channel: ConfirmChannel): void {
    const { exchange, routingKey, content, fields } = message
    try {
      this.#full = !channel.publish(exchange, routingKey, content, fields, (error) =>
        this.#confirmed(message, error),
      )
    } catch (error) {
      // The channel has closed, which will be told in a moment.
      if ((error as Error).name === 'IllegalOperationError') return this.#lose()
      this.#outbox.arrived(message)
      const values = { topic: message.subject, reason: reasonOf(error) }
      this.#outbox.settle(message, new TomodachiError('PAYLOAD_UNBUILDABLE', values, { cause: error }))
    }
  }

  #confirmed(message: Pending, error: Error | null | undefined): void {
    // Of a channel that closes, amqplib tells each message; what becomes of those is decided once, when it has closed.
    if (error && error.message !== 'message nacked') return
    this.#outbox.arrived(message)
    const { subject: topic } = message
    if (error)
      this.#outbox.settle(message, new TomodachiError('PUBLISH_REFUSED', { topic, reason: 'it said no' }))
    else if (message.fields.mandatory && this.#returned.take(message))
      this.#outbox.settle(message, new TomodachiError('PUBLISH_UNROUTABLE', { topic }))
    else this.#outbox.settle(message)
    this.#send()
  }

  /** A channel closed alone: another one is opened, and whoever is to blame is not sent again. */
  #closed(connection: Connection, failure: ServerError | undefined): void {
    // Without an error of its own it goes with its connection.
    if (!failure) return this.#lose()
    const log = getLogger(`tomodachi.${this.#options.name}`)
    log.warn('the channel for publishing was closed, will be opened again', { error: failure })
    const reason = saidBy(failure)
    for (const message of this.#outbox) {
      if (!message.underWay) continue
      message.closures++
      const error = blame(message, failure, reason)
      if (error) this.#outbox.settle(message, error)
    }
    this.#lose()
    const reopen = () => this.#open(connection)
    setTimeout(() => {
      if (this.#connection === connection) spawn('opening a channel for publishing', reopen)
    }, reopening).unref()
  }

  #lose(): void {
    this.#channel = undefined
    this.#full = false
    this.#returned.clear()
    this.#outbox.requeue()
    this.#requests.lost()
  }

  /** One timer serves all messages. */
  #expire(): void {
    const now = performance.now()
    const next = this.#outbox.expire(now, (message) => this.#timeout(message))
    this.#timer = next === undefined ? undefined : setTimeout(() => this.#expire(), next - now)
  }

  #timeout({ subject: topic }: Pending): TomodachiError {
    const { publishTimeout: milliseconds } = this.#options
    const reason = this.#blocked
      ? 'the broker takes no messages for the time being'
      : this.#channel
        ? 'the broker did not answer'
        : 'there was no connection'
    return new TomodachiError('PUBLISH_TIMEOUT', { topic, milliseconds, reason })
  }
}
