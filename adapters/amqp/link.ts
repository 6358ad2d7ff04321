import { spawn } from '../../kernel/adapter-kit.ts'
import { configurationOf } from './configuration.ts'
import { gatherWrites } from './gathered-writes.ts'
import type { ResolvedOptions } from './options.ts'
import { type Broker, type Connection, called, type Rascal } from './rascal.ts'
import type { Topology } from './topology.ts'

/** How long the broker may take to say goodbye, in milliseconds. */
const farewell = 2_000
/** How long connecting and declaring may take in all, in milliseconds. */
const patience = 15_000

/** What a link tells of. */
export interface LinkEvents {
  /** The link is of no use any more; told once, unless it is ended. */
  lost(error: unknown): void
  blocked(): void
  unblocked(): void
}

/**
 * One life of the connection: rascal's broker, which declares and subscribes, and a second connection to publish on, so
 * that a broker that takes no messages still hands them out. It is never mended, only replaced.
 */
export class Link {
  /** Undefined until `open` has resolved. */
  broker!: Broker
  publishing!: Connection
  readonly #events: LinkEvents
  readonly #sockets = new AbortController()
  #ended = false
  #lost = false
  #failure: unknown

  constructor(events: LinkEvents) {
    this.#events = events
  }

  /** Connects and declares. Rejects with what rascal rejects with, and leaves nothing open then. */
  async open(rascal: Rascal, options: ResolvedOptions, topology: Topology): Promise<void> {
    const timer = setTimeout(() => this.#lose(new Error('the broker does not answer')), patience)
    try {
      const configuration = configurationOf(options, topology, this.#sockets.signal)
      this.broker = await this.#createBroker(rascal, configuration)
      this.broker.on('error', (error) => this.#lose(error))
      this.broker.on('disconnect', () => this.#lose(new Error('the broker closed the connection')))
      this.publishing = await called((done) => this.broker.connect(options.virtualhost, done))
      gatherWrites(this.publishing)
      this.publishing.on('error', (error) => this.#lose(error))
      this.publishing.on('close', (error) => this.#lose(error ?? new Error('the connection was closed')))
      this.publishing.on('blocked', () => this.#events.blocked())
      this.publishing.on('unblocked', () => this.#events.unblocked())
      this.check()
    } catch (error) {
      this.#lost = true
      this.#ended = true
      await this.#finish()
      throw this.#failure ?? error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Throws when the link is of no use any more. */
  check(): void {
    if (this.#lost || this.#ended) throw this.#failure ?? new Error('the connection was ended')
  }

  /** Ends it gracefully where the broker still answers; resolves when no socket is left. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#finish()
  }

  async #finish(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#lost ? 0 : farewell)
    })
    await Promise.race([this.#sayGoodbye(), late])
    clearTimeout(timer)
    this.#sockets.abort()
    // What rascal could not shut down would keep the process alive.
    clearInterval(this.broker?.keepActive)
  }

  async #sayGoodbye(): Promise<void> {
    const closing = [
      this.publishing && called((done) => this.publishing.close(done)),
      this.broker && called((done) => this.broker.shutdown(done)),
    ]
    await Promise.allSettled(closing)
  }

  /** A broker object that failed keeps the process alive until it is shut down. */
  #createBroker(rascal: Rascal, configuration: object): Promise<Broker> {
    return new Promise((resolve, reject) => {
      rascal.createBroker(configuration, (error, broker) => {
        if (!error && broker) return resolve(broker)
        if (broker) spawn('shutting a failed broker down', () => called((done) => broker.shutdown(done)))
        reject(error)
      })
    })
  }

  #lose(error: unknown): void {
    if (this.#lost || this.#ended) return
    this.#lost = true
    this.#failure = error
    // Half-open sockets would otherwise stay, and keep the process alive.
    this.#sockets.abort()
    this.#events.lost(error)
  }
}
