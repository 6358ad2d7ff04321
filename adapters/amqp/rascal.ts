import { TomodachiError } from '../../kernel/index.ts'
import type { Carried } from './gathered-writes.ts'

// The part of rascal and amqplib that is used here. The types that exist for rascal describe an older one.

/** Told of an error, or of a result. */
export type Callback<Result = void> = (error: Error | null | undefined, result: Result) => void

interface Emitter<Events extends Record<string, readonly unknown[]>> {
  on<Name extends keyof Events>(name: Name, listener: (...values: Events[Name]) => void): this
}

/** Properties of a message, as they stand on the wire. */
export interface Properties {
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly deliveryMode?: number
  readonly priority?: number
  readonly correlationId?: string
  readonly replyTo?: string
  readonly expiration?: string
  readonly messageId?: string
  readonly timestamp?: number
  readonly type?: string
  readonly userId?: string
  readonly appId?: string
}

/** A message as it was handed out. */
export interface Message {
  readonly content: Buffer
  readonly fields: {
    readonly routingKey: string
    readonly exchange: string
    readonly redelivered: boolean
  }
  readonly properties: Properties
}

/** How a message is given to `publish`. */
export interface PublishFields extends Properties {
  readonly persistent?: boolean
  readonly mandatory?: boolean
}

/** An error of the server has its AMQP reply code. */
export type ServerError = Error & { readonly code?: number | string }

export interface QueueOptions {
  readonly durable?: boolean
  readonly exclusive?: boolean
  readonly autoDelete?: boolean
  readonly arguments?: Readonly<Record<string, unknown>>
}

export interface QueueFacts {
  readonly messageCount: number
  readonly consumerCount: number
}

export interface Channel extends Emitter<{ error: [ServerError]; close: []; drain: []; return: [Message] }> {
  assertQueue(queue: string, options: QueueOptions, done: Callback): void
  checkQueue(queue: string, done: Callback<QueueFacts>): void
  bindQueue(queue: string, exchange: string, key: string, options: object, done: Callback): void
  assertExchange(
    name: string,
    type: string,
    options: { durable?: boolean; autoDelete?: boolean },
    done: Callback,
  ): void
  consume(
    queue: string,
    take: (message: Message | null) => void,
    options: { noAck?: boolean },
    done: Callback,
  ): void
  /** Takes one message; false when there is none. */
  get(queue: string, options: { noAck?: boolean }, done: Callback<Message | false>): void
  ack(message: Message): void
  close(done?: Callback): void
}

export interface ConfirmChannel extends Channel {
  /** Returns false when its buffer is full, until `drain`. */
  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    fields: PublishFields,
    confirmed: Callback,
  ): boolean
}

export interface Connection
  extends Carried,
    Emitter<{ error: [Error]; close: [Error?]; blocked: [string]; unblocked: [] }> {
  createChannel(done: Callback<Channel>): void
  createConfirmChannel(done: Callback<ConfirmChannel>): void
  close(done?: Callback): void
}

/** Acks a message, or gives it back: only once, and only while its channel is open. */
export interface AckOrNack {
  (done: Callback): void
  (error: Error, recovery: { strategy: 'nack'; requeue: boolean }, done: Callback): void
}

type Handed = [Message, unknown, AckOrNack]
type Unread = [Error, Message, AckOrNack]

/** A subscription that runs. It subscribes when its `message` is listened to. */
export interface Session
  extends Emitter<{
    message: Handed
    subscribed: []
    error: [ServerError]
    close: []
    cancelled: [Error]
    invalid_content: Unread
    redeliveries_error: Unread
    redeliveries_exceeded: Unread
  }> {
  /** Stops consuming; tells when what is unsettled has been settled and the channel is closed. */
  cancel(done: Callback): void
  /** Private to rascal, which calls it with the channel as soon as the broker has subscribed it. */
  _open(channel: Carried, ...rest: unknown[]): void
}

export interface Broker extends Emitter<{ error: [Error]; disconnect: [] }> {
  /** The timer that keeps the process alive until the broker is shut down. */
  readonly keepActive: NodeJS.Timeout
  connect(vhost: string, done: Callback<Connection>): void
  subscribe(name: string, done: Callback<Session>): void
  shutdown(done: Callback): void
}

export interface Rascal {
  /** Even with an error there may be a broker, which has to be shut down. */
  createBroker(config: object, done: (error: Error | null, broker?: Broker) => void): void
}

/** Loads rascal. Rejects with `PACKAGE_MISSING` when it, or amqplib, is not installed. */
export async function loadRascal(adapter: string): Promise<Rascal> {
  try {
    // @ts-expect-error It has no types of its own, and its named exports would fail at run time.
    const module: { readonly default: Rascal } = await import('rascal')
    return module.default
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new TomodachiError('PACKAGE_MISSING', { adapter, packages: 'rascal amqplib' }, { cause: error })
  }
}

/** Calls something that takes a callback. */
export function called<Result>(call: (done: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}
