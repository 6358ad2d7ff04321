import { loadPackage } from '../../../kernel/adapter-kit.ts'
import { deferAcceptLoop } from './accept-loop.ts'
import type { ConnectionConfiguration } from './configuration.ts'
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
  readonly exclusive?: boolean
  readonly autoDelete?: boolean
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
  /** Also when it does not exist. */
  deleteQueue(queue: string, options: object, done: Callback): void
  bindQueue(queue: string, exchange: string, key: string, options: object, done: Callback): void
  assertExchange(
    name: string,
    type: string,
    options: { durable?: boolean; autoDelete?: boolean; arguments?: object },
    done: Callback,
  ): void
  checkExchange(name: string, done: Callback): void
  /** For each consumer that is added later; with `global`, for the whole channel. */
  prefetch(count: number, global: boolean, done: Callback): void
  /** `take` is called with null when the broker has cancelled the consumer. It may be called before `done`. */
  consume(
    queue: string,
    take: (message: Message | null) => void,
    options: { noAck?: boolean; priority?: number },
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

/**
 * The task with which rascal connects to one of several hosts, and keeps the errors of a connection from ending the
 * process. It leaves the connection in the context. We use nothing else of rascal: its broker may never call back when a
 * connection is cut, and throws where nobody can catch it when one is cut as the broker shuts down.
 */
export type CreateConnection = (
  config: { readonly connections: readonly ConnectionConfiguration[] },
  context: { readonly connectionIndex: number; readonly connection?: Connection },
  done: (error: Error | null | undefined) => void,
) => void

/** Loads rascal's task. Rejects with `PACKAGE_MISSING` when rascal, or amqplib, is not installed. */
export async function loadCreateConnection(adapter: string): Promise<CreateConnection> {
  const load = (): Promise<{ readonly default: CreateConnection }> =>
    // @ts-expect-error It has no types of its own.
    import('rascal/lib/amqp/tasks/createConnection.js')
  const { default: createConnection } = await loadPackage(adapter, 'rascal amqplib', load)
  deferAcceptLoop()
  return createConnection
}

/** Calls something that takes a callback. */
export function fromCallback<Result>(call: (done: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}
