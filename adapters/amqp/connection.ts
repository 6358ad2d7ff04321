import {
  type Actor,
  ConnectionKeeper,
  type ConnectionSteps,
  type Deliver,
  spawn,
} from '../../kernel/adapter-kit.ts'
import { hasCode, TomodachiError } from '../../kernel/index.ts'
import { Consumer } from './consumer.ts'
import { Declarations } from './declarations.ts'
import { connectionError, isHopeless } from './errors.ts'
import type { Outlet } from './follow-up.ts'
import { Link } from './link.ts'
import type { ResolvedOptions } from './options.ts'
import type { Outgoing } from './pending.ts'
import { Publisher } from './publisher.ts'
import { type Channel, called, loadRascal, type QueueFacts, type Rascal } from './rascal.ts'
import { Requests } from './requests.ts'
import { type QueueDeclaration, type Topology, topologyOf } from './topology.ts'

/** The bus between a start and a close: its consumers and its publisher, over one link after another. */
export class Connection implements ConnectionSteps {
  readonly publisher: Publisher
  readonly requests = new Requests()
  readonly keeper: ConnectionKeeper
  readonly #options: ResolvedOptions
  readonly #topology: Topology
  readonly #consumers: readonly Consumer[]
  #rascal: Rascal | undefined
  #link: Link | undefined
  #declarations: Declarations | undefined

  /** Throws `QUEUE_SHARED`, `QUEUE_NOT_COMPETING` and `OPTION_INVALID`. */
  constructor(options: ResolvedOptions, actors: readonly Actor[], deliver: Deliver) {
    const { name, declare, routingKeyPrefix } = options
    this.#options = options
    this.#topology = topologyOf(actors, options)
    this.publisher = new Publisher(options, this.requests)
    this.keeper = new ConnectionKeeper(this, options)
    const outlet: Outlet = { publisher: this.publisher, declare, declarations: () => this.#declarations }
    const detached = () => this.keeper.tell({ type: 'detached' })
    this.#consumers = this.#topology.consumed.map(
      (consumed) => new Consumer(consumed, { deliver, outlet, routingKeyPrefix, name, detached }),
    )
  }

  /** Makes a queue exist that is not one of the topology. */
  readonly declare = async (queue: QueueDeclaration): Promise<void> => {
    if (!this.#declarations) throw connectionError(new Error('there is no connection'), this.#options)
    await this.#declarations.ensure(queue)
  }

  /** Calls `use` with a channel of its own, which is closed afterwards: what was taken over it and not acked goes back. */
  async withChannel<Result>(use: (channel: Channel) => Promise<Result>): Promise<Result> {
    const link = this.#link
    try {
      if (!link) throw new Error('there is no connection')
      const channel = await called<Channel>((done) => link.publishing.createChannel(done))
      // Whoever waits for an answer over it has the error, too.
      channel.on('error', () => {})
      // It may be closed already by then.
      return await use(channel).finally(() => called((done) => channel.close(done)).catch(() => {}))
    } catch (error) {
      throw connectionError(error, this.#options)
    }
  }

  /** Messages that wait in a queue; 0 where there is none. */
  async count(queue: string): Promise<number> {
    const look = (channel: Channel) => called<QueueFacts>((done) => channel.checkQueue(queue, done))
    try {
      return (await this.withChannel(look)).messageCount
    } catch (error) {
      if (hasCode(error, 'BROKER_OBJECT_MISSING')) return 0
      throw error
    }
  }

  async connect(): Promise<void> {
    try {
      this.#rascal ??= await loadRascal(this.#options.name)
      await this.#connectBy(this.#rascal)
    } catch (error) {
      throw connectionError(error, this.#options)
    }
  }

  async #connectBy(rascal: Rascal): Promise<void> {
    const link = new Link({
      lost: (error) => {
        this.#drop(link, error)
        this.keeper.tell({ type: 'lost', error: connectionError(error, this.#options) })
      },
      blocked: () => {
        this.publisher.hold(true)
        this.keeper.tell({ type: 'blocked' })
      },
      unblocked: () => {
        this.publisher.hold(false)
        this.keeper.tell({ type: 'unblocked' })
      },
    })
    this.#link = link
    try {
      await link.open(rascal, this.#options, this.#topology)
      this.#declarations = new Declarations(link.publishing)
      await Promise.all([
        this.publisher.attach(link.publishing),
        ...this.#consumers.map((consumer) => consumer.attach(link.broker)),
      ])
      link.check()
    } catch (error) {
      this.#drop(link, error)
      await link.end()
      throw error
    }
  }

  async attachConsumers(): Promise<void> {
    const [link, declarations] = [this.#link, this.#declarations]
    if (!link || !declarations) throw new Error('there is no connection')
    for (const consumer of this.#consumers) {
      if (consumer.attached) continue
      // Somebody may have deleted the queue, or the exchange.
      if (this.#options.declare) await this.#declareFor(consumer, declarations)
      await consumer.attach(link.broker)
    }
  }

  async #declareFor({ consumed: { queue } }: Consumer, declarations: Declarations): Promise<void> {
    for (const { exchange } of queue.bindings) {
      if (this.#topology.exchanges.includes(exchange)) await declarations.declareExchange(exchange)
    }
    await declarations.declare(queue)
  }

  async inspectConsumers(): Promise<void> {
    const declarations = this.#declarations
    if (!declarations) throw new Error('there is no connection')
    const inspecting = this.#consumers.map((consumer) => consumer.inspect(declarations))
    const failed = (await Promise.allSettled(inspecting)).find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
  }

  async disconnect(): Promise<void> {
    const link = this.#link
    if (!link) return
    await link.end()
    this.#drop(link, new Error('the bus was closed'))
  }

  isHopeless(error: unknown): boolean {
    return isHopeless(error)
  }

  /** Takes no more messages. */
  pause(): void {
    for (const consumer of this.#consumers) consumer.pause()
  }

  /** Resolves when no socket is left. Messages that are not confirmed are given up. */
  async close(): Promise<void> {
    this.requests.close()
    await this.keeper.close()
    const operation = ({ subject }: Outgoing) => `publishing to ${subject}`
    const adapter = this.#options.name
    this.publisher.close(
      (message) => new TomodachiError('ADAPTER_NOT_STARTED', { adapter, operation: operation(message) }),
    )
  }

  /** Nothing goes over this link any more. */
  #drop(link: Link, reason: unknown): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#declarations = undefined
    this.publisher.detach()
    for (const consumer of this.#consumers) consumer.detach(reason)
    spawn('ending a lost connection', () => link.end())
  }
}
