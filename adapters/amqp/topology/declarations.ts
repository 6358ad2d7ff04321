import { hasCode, TomodachiError } from '../../../kernel/index.ts'
import { Asker } from '../connection/asker.ts'
import type { Connections } from '../connection/connections.ts'
import { type Callback, type Channel, fromCallback, type QueueFacts } from '../connection/rascal.ts'
import type { ExchangeDeclaration } from './exchanges.ts'
import { deadLetterQueue } from './retries.ts'
import type { AmqpQueue, QueueDeclaration } from './topology.ts'

/**
 * A waiting queue is declared again after so many milliseconds, so that the broker never deletes it with messages in
 * it.
 */
const freshness = 300_000
/** Most channels for declarations. */
const channels = 8

/** Exchanges that every virtual host has. */
const always = ['', 'amq.topic', 'amq.direct', 'amq.fanout', 'amq.headers', 'amq.match']

/** Declares queues while the connection lives: queues to consume, and queues for retries, delays and dead letters. */
export class Declarations {
  readonly #connections: Connections
  /** Whether anything is declared; if not, only existing queues are used. */
  readonly #declares: boolean
  /** The exchanges that are ours to declare. */
  readonly #exchanges: ReadonlyMap<string, ExchangeDeclaration>
  /** When each queue was declared, on the clock of `performance`. */
  readonly #declared = new Map<string, number>()
  readonly #declaring = new Map<string, Promise<void>>()
  /** Exchanges that exist, as far as we know. */
  readonly #found: Set<string>
  readonly #finding = new Map<string, Promise<void>>()
  readonly #askers: readonly Asker[]

  constructor(connections: Connections, declares: boolean, exchanges: readonly ExchangeDeclaration[]) {
    this.#connections = connections
    this.#declares = declares
    this.#exchanges = new Map(exchanges.map((exchange) => [exchange.name, exchange]))
    this.#found = new Set([...always, ...(declares ? exchanges.map(({ name }) => name) : [])])
    this.#askers = Array.from({ length: channels }, () => new Asker(connections))
  }

  /** Declares a queue that is to be consumed. With `declare: false` it checks that the queue and its dead-letter queue exist. */
  async ensureConsumable(queue: AmqpQueue): Promise<void> {
    // What is dead-lettered by the broker itself would be lost without a queue.
    if (this.#declares && queue.arguments['x-dead-letter-routing-key'] === queue.deadLetter)
      await this.ensure(deadLetterQueue(queue.deadLetter, queue)).catch(unlessItExists)
    if (this.#declares) return this.ensure(queue)
    await this.ensureBound(queue)
    // A message that cannot be handled also needs a place to go.
    for (const name of [queue.deadLetter, queue.name])
      await this.#ask((channel) => this.#connections.within(lookAt(channel, name))).catch(rethrowAsOurs)
  }

  /** Whether the queue was declared recently enough. */
  isFresh({ name }: QueueDeclaration): boolean {
    const declared = this.#declared.get(name) ?? Number.NEGATIVE_INFINITY
    return !this.#declares || performance.now() - declared < freshness
  }

  /** Declares the queue and its bindings, unless that was done recently. Rejects with the server's refusal. */
  async ensure(queue: QueueDeclaration): Promise<void> {
    if (this.isFresh(queue)) return
    const { name } = queue
    const declaring = this.#declaring.get(name) ?? this.#declare(queue)
    this.#declaring.set(name, declaring)
    try {
      await declaring
      this.#declared.set(name, performance.now())
    } finally {
      this.#declaring.delete(name)
    }
  }

  /** Call it when the queue turned out to be missing. Returns whether it can be declared. */
  forget({ name }: QueueDeclaration): boolean {
    this.#declared.delete(name)
    return this.#declares
  }

  /** How many messages and consumers a queue has. Rejects with `BROKER_OBJECT_MISSING` when it does not exist. */
  look(queue: string): Promise<QueueFacts> {
    return this.#ask((channel) => this.#connections.answered(lookAt(channel, queue)))
  }

  knows(exchange: string): boolean {
    return this.#found.has(exchange)
  }

  /**
   * Resolves when the exchange exists; one of ours is declared. Rejects with `BROKER_OBJECT_MISSING` when another does
   * not. Asks once for all that want to know at the same time.
   */
  find(exchange: string): Promise<void> {
    const finding = this.#finding.get(exchange) ?? this.#find(exchange)
    this.#finding.set(exchange, finding)
    return finding
  }

  async #find(exchange: string): Promise<void> {
    try {
      const ours = this.#declares ? this.#exchanges.get(exchange) : undefined
      await (ours
        ? this.#declareExchange(ours)
        : this.#step((channel, done) => channel.checkExchange(exchange, done)))
      this.#found.add(exchange)
    } catch (error) {
      this.#found.delete(exchange)
      if (this.#exchanges.has(exchange) && !this.#declares) rethrowAsOurs(error)
      throw error
    } finally {
      this.#finding.delete(exchange)
    }
  }

  async #declareExchange({ name, type, alternate }: ExchangeDeclaration): Promise<void> {
    // The broker would accept one that does not exist, and drop messages.
    const isOthers = alternate !== undefined && !always.includes(alternate) && !this.#exchanges.has(alternate)
    if (isOthers) await this.find(alternate)
    const options = {
      durable: true,
      ...(alternate === undefined ? {} : { arguments: { 'alternate-exchange': alternate } }),
    }
    await this.#step((channel, done) => channel.assertExchange(name, type, options, done))
  }

  /** Call it when an exchange turned out to be missing. Returns whether it can be declared. */
  lose(exchange: string): boolean {
    this.#found.delete(exchange)
    return this.#declares && this.#exchanges.has(exchange)
  }

  /** Declares the exchanges. With `declare: false` it checks that they exist. */
  async ensureExchanges(): Promise<void> {
    await Promise.all([...this.#exchanges.keys()].map((name) => this.find(name)))
  }

  /**
   * Declares the exchanges of a queue and binds it to them, whether or not that was done before. With `declare: false`
   * it checks that the exchanges exist; RabbitMQ does not say whether a binding does.
   */
  async ensureBound({ name, bindings }: QueueDeclaration): Promise<void> {
    for (const { exchange, key, arguments: wanted = {} } of bindings) {
      if (this.#exchanges.has(exchange)) await this.find(exchange)
      if (this.#declares)
        await this.#step((channel, done) => channel.bindQueue(name, exchange, key, wanted, done))
    }
  }

  async #declare(queue: QueueDeclaration): Promise<void> {
    const { name, ownExchange, exclusive = false, autoDelete = false, arguments: given } = queue
    const ask = (question: (channel: Channel, done: Callback) => void) => this.#step(question)
    const options = { durable: true, exclusive, autoDelete, arguments: given }
    await ask((channel, done) => channel.assertQueue(name, options, done))
    const own = { durable: true, autoDelete: true }
    if (ownExchange !== undefined)
      await ask((channel, done) => channel.assertExchange(ownExchange, 'fanout', own, done))
    await this.ensureBound(queue)
  }

  #step(question: (channel: Channel, done: Callback) => void): Promise<void> {
    return this.#ask((channel) =>
      this.#connections.within(fromCallback<void>((done) => question(channel, done))),
    )
  }

  /** Uses the channel with the fewest open questions: a single channel would be slow for hundreds of queues. */
  #ask<Result>(question: (channel: Channel) => Promise<Result>): Promise<Result> {
    const [first, ...others] = this.#askers as [Asker, ...Asker[]]
    return others.reduce((best, one) => (one.waiting < best.waiting ? one : best), first).ask(question)
  }
}

/** A dead-letter queue may have other arguments. */
function unlessItExists(error: unknown): void {
  if (!hasCode(error, 'QUEUE_MISMATCH')) throw error
}

/** What is missing is something that the bus would declare. */
function rethrowAsOurs(error: unknown): never {
  if (!hasCode(error, 'BROKER_OBJECT_MISSING')) throw error
  const values = { ...error.values, without: 'declare: false' }
  throw new TomodachiError('BROKER_OBJECT_MISSING', values, { cause: error })
}

function lookAt(channel: Channel, queue: string): Promise<QueueFacts> {
  return fromCallback((done) => channel.checkQueue(queue, done))
}
