import { declarationError, saidBy } from './errors.ts'
import { type Channel, type Connection, called, type QueueFacts, type ServerError } from './rascal.ts'
import type { QueueDeclaration } from './topology.ts'

/** A queue for waiting is declared again after this time, in milliseconds, so that it is never deleted with messages in it. */
const freshness = 300_000

/** Declares queues while the connection lives: for retries, delays and dead letters, and what somebody has deleted. */
export class Declarations {
  readonly #connection: Connection
  /** When each queue was declared, on the clock of `performance`. */
  readonly #declared = new Map<string, { readonly at: number; readonly done: Promise<void> }>()
  #channel: Promise<Channel> | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Declares the queue, unless that was done a short time ago. Rejects with what the server says against it. */
  async ensure(queue: QueueDeclaration): Promise<void> {
    const known = this.#declared.get(queue.name)
    if (known && performance.now() - known.at < freshness) return known.done
    const done = this.declare(queue)
    this.#declared.set(queue.name, { at: performance.now(), done })
    try {
      await done
    } catch (error) {
      this.forget(queue)
      throw error
    }
  }

  /** The queue turned out not to be there. */
  forget({ name }: QueueDeclaration): void {
    this.#declared.delete(name)
  }

  /** Declares the queue and its bindings. */
  async declare(queue: QueueDeclaration): Promise<void> {
    const { name, bindings, ownExchange, arguments: queueArguments } = queue
    await this.#ask((channel) =>
      called((done) => channel.assertQueue(name, { durable: true, arguments: queueArguments }, done)),
    )
    if (ownExchange !== undefined) {
      const options = { durable: true, autoDelete: true }
      await this.#ask((channel) =>
        called((done) => channel.assertExchange(ownExchange, 'fanout', options, done)),
      )
    }
    for (const { exchange, key } of bindings) {
      await this.#ask((channel) => called((done) => channel.bindQueue(name, exchange, key, {}, done)))
    }
  }

  /** Declares a topic exchange. */
  async declareExchange(name: string): Promise<void> {
    await this.#ask((channel) =>
      called((done) => channel.assertExchange(name, 'topic', { durable: true }, done)),
    )
  }

  /** How many messages and consumers a queue has. Rejects with `BROKER_OBJECT_MISSING` when it does not exist. */
  async look(queue: string): Promise<QueueFacts> {
    return this.#ask((channel) => called((done) => channel.checkQueue(queue, done)))
  }

  async #ask<Result>(question: (channel: Channel) => Promise<Result>): Promise<Result> {
    this.#channel ??= this.#open()
    try {
      return await question(await this.#channel)
    } catch (error) {
      throw declarationError((error as ServerError).code, saidBy(error)) ?? error
    }
  }

  /** The server closes a channel to say no: the next question takes another one. */
  #open(): Promise<Channel> {
    const opening = called<Channel>((done) => this.#connection.createChannel(done))
    const forget = () => {
      if (this.#channel === promise) this.#channel = undefined
    }
    const promise = opening.then((channel) => {
      // The question that it answers has the error, too.
      channel.on('error', forget)
      channel.on('close', forget)
      return channel
    })
    promise.catch(forget)
    return promise
  }
}
