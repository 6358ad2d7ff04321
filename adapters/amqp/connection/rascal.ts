import { loadPackage } from '../../../kernel/adapter-kit.ts'
import type { Carried } from './gathered-writes.ts'

// The parts of rascal and amqplib that are used here. The types that exist for rascal describe an older version.

/** Called with an error, or with a result. */
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

/** How a message was handed out. */
export interface DeliveryFields {
  readonly deliveryTag: number
  readonly routingKey: string
  readonly exchange: string
  readonly redelivered: boolean
}

/** A message as it was handed out. */
export interface Message {
  readonly content: Buffer
  readonly fields: DeliveryFields
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
  readonly arguments?: Readonly<Record<string, unknown>>
}

export interface QueueFacts {
  readonly messageCount: number
  readonly consumerCount: number
}

/** Its methods throw once it is closed, and also when its connection is. */
export interface Channel extends Emitter<{ error: [ServerError]; close: []; return: [Message] }> {
  assertQueue(queue: string, options: QueueOptions, done: Callback): void
  checkQueue(queue: string, done: Callback<QueueFacts>): void
  checkExchange(name: string, done: Callback): void
  bindQueue(queue: string, exchange: string, key: string, options: object, done: Callback): void
  assertExchange(
    name: string,
    type: string,
    options: { durable?: boolean; autoDelete?: boolean },
    done: Callback,
  ): void
  /** For each consumer that is added later; with `global`, for the whole channel. */
  prefetch(count: number, global: boolean, done: Callback): void
  /** `take` is called with null when the broker has cancelled the consumer. It may be called before `done`. */
  consume(
    queue: string,
    take: (message: Message | null) => void,
    options: { noAck?: boolean },
    done: Callback<{ readonly consumerTag: string }>,
  ): void
  cancel(consumerTag: string, done: Callback): void
  /** Takes one message; false when there is none. */
  get(queue: string, options: { noAck?: boolean }, done: Callback<Message | false>): void
  ack(message: Pick<Message, 'fields'>): void
  nack(message: Pick<Message, 'fields'>, allUpTo: boolean, requeue: boolean): void
  close(done?: Callback): void
}

export interface ConfirmChannel extends Channel {
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

export interface Broker extends Emitter<{ error: [Error] }> {
  /** The timer that keeps the process alive until the broker is shut down. */
  readonly keepActive: NodeJS.Timeout
  /** Makes a connection that belongs to the caller. */
  connect(vhost: string, done: Callback<Connection>): void
  shutdown(done: Callback): void
}

export interface Rascal {
  /** Connects and declares. Even with an error there may be a broker. */
  createBroker(config: object, done: (error: Error | null, broker?: Broker) => void): void
}

/** Loads rascal. Rejects with `PACKAGE_MISSING` when it, or amqplib, is not installed. */
export async function loadRascal(adapter: string): Promise<Rascal> {
  // @ts-expect-error It has no types of its own, and its named exports would fail at run time.
  const load = (): Promise<{ readonly default: Rascal }> => import('rascal')
  return (await loadPackage(adapter, 'rascal amqplib', load)).default
}

/** Calls something that takes a callback. */
export function fromCallback<Result>(call: (done: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}
