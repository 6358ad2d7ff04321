import { inTime, isA, letGo } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { type Dialing, dial } from './dial.ts'
import { isVirtualHostRefused, nameOf } from './errors.ts'
import { gatherWrites } from './gathered-writes.ts'
import type { ResolvedOptions } from './options.ts'
import { type Channel, type Connection, type CreateConnection, fromCallback } from './rascal.ts'
import { readAnyHeaders } from './unread-headers.ts'

/** How long the broker may take for one step, in milliseconds. */
const patience = 10_000
/** The broker has not answered one question, but answers others. */
export class SlowAnswer extends Error {
  constructor() {
    super(`the broker has not answered for ${patience / 1_000} s, although it answers other questions`)
  }
}

/** How long it may take to close, in milliseconds. */
export const farewell = 2_000

/** What is called when something happens to the connections. */
export interface ConnectionEvents {
  /** Called when the connections are lost, at most once: not before `settled`, and not after `end`. */
  lost(error: unknown): void
  blocked(isBlocked: boolean): void
  /** Called when a step is done. */
  progressed(): void
}

/** A connection for consuming, and how many channels it has and may have. */
interface Carrier {
  readonly connection: Connection
  readonly most: number
  channels: number
}

/**
 * Connections that live and end together: one to publish on, and one to consume on, so that a broker that has blocked
 * publishing still hands messages out. When all channels of a connection are taken, it opens another one to consume on.
 */
export class Connections {
  /** Undefined until `open` has resolved. */
  publishing!: Connection
  readonly #events: ConnectionEvents
  readonly #options: ResolvedOptions
  readonly #name: string
  readonly #carriers: Carrier[] = []
  readonly #open = new Set<Connection>()
  /** Destroys every socket when it aborts. */
  readonly #sockets = new AbortController()
  /** Rejects whoever waits for a step of the broker. */
  readonly #waiting = new Set<(error: unknown) => void>()
  #dialing!: Dialing
  #adding: Promise<void> | undefined
  #isSettled = false
  #hasEnded = false
  #failure: unknown

  /** `name` is the name that the broker shows. */
  constructor(events: ConnectionEvents, options: ResolvedOptions, name: string) {
    this.#events = events
    this.#options = options
    this.#name = name
  }

  /** Why they are lost; undefined while they are not. */
  get failure(): unknown {
    return this.#failure
  }

  /** Connects. When it rejects, it leaves nothing open. */
  async open(createConnection: CreateConnection): Promise<void> {
    this.#dialing = {
      createConnection,
      endpoints: this.#options.endpoints,
      name: this.#name,
      signal: this.#sockets.signal,
      progressed: () => this.#events.progressed(),
      watch: (connection) => this.#watch(connection),
    }
    try {
      await this.#add()
      this.publishing = await this.#connect()
      this.publishing.on('blocked', () => this.#events.blocked(true))
      this.publishing.on('unblocked', () => this.#events.blocked(false))
    } catch (error) {
      this.lose(error)
      throw this.#failure
    }
  }

  /** From now on `lost` is called. Throws the error of a loss that came earlier. */
  settled(): void {
    if (this.#failure) throw this.#failure
    this.#isSettled = true
  }

  /** Opens a channel for consuming or declaring. */
  async channel(): Promise<Channel> {
    for (;;) {
      const carrier = this.#carriers.find(({ channels, most }) => channels < most)
      if (carrier) return this.#channelOf(carrier)
      this.#adding ??= this.#add().finally(() => {
        this.#adding = undefined
      })
      await this.#adding
    }
  }

  /** Rejects when the broker takes too long, which also loses the connections, or when they are lost meanwhile. */
  within<Result>(step: Promise<Result>, milliseconds = patience): Promise<Result> {
    const late = () => {
      this.lose(new Error('the broker does not answer'))
      return this.#failure
    }
    return this.#unlessLost(inTime(step, milliseconds, late)).finally(() => this.#events.progressed())
  }

  /**
   * As `within`, but if the broker answers another question meanwhile, only this step is slow: it rejects with
   * `SlowAnswer`, and the connections stay.
   */
  async answered<Result>(step: Promise<Result>): Promise<Result> {
    try {
      return await this.#unlessLost(inTime(step, patience, () => new SlowAnswer()))
    } catch (error) {
      if (!isA(error, SlowAnswer)) throw error
      const channel = await this.channel()
      letGo(fromCallback((done) => channel.close(done)))
      throw error
    }
  }

  /** Counts them as lost, and destroys their sockets. */
  lose(error: unknown): void {
    if (this.#failure || this.#hasEnded) return
    this.#failure = error ?? new Error('the connection was lost')
    // Otherwise half-open sockets would stay and keep the process alive.
    this.#sockets.abort()
    for (const reject of this.#waiting) reject(this.#failure)
    if (this.#isSettled) this.#events.lost(this.#failure)
  }

  /** Closes them properly if the broker still answers. Resolves when no socket is left. */
  async end(): Promise<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (!this.#failure) {
      const closing = [...this.#open].map((connection) => fromCallback((done) => connection.close(done)))
      await inTime(Promise.allSettled(closing), farewell, () => {}).catch(() => {})
    }
    this.#sockets.abort()
  }

  /** Opens another connection for consuming. */
  async #add(): Promise<void> {
    const connection = await this.#connect()
    this.#carriers.push({ connection, most: connection.connection.channelMax, channels: 0 })
  }

  async #connect(): Promise<Connection> {
    try {
      return await this.#unlessLost(dial(this.#dialing))
    } catch (error) {
      // The virtual host exists, and this login may use it: it has just been let in.
      if (this.#open.size === 0 || !isVirtualHostRefused(error)) throw error
      const values = { broker: nameOf(this.#options), open: this.#open.size }
      throw new TomodachiError('CONNECTION_LIMIT', values, { cause: error })
    }
  }

  async #channelOf(carrier: Carrier): Promise<Channel> {
    carrier.channels++
    const opening = fromCallback<Channel>((done) => carrier.connection.createChannel(done))
    try {
      const channel = await this.within(opening)
      // Whoever waits for an answer over the channel is given the same error.
      channel.on('error', () => {})
      channel.on('close', () => carrier.channels--)
      return channel
    } catch (error) {
      carrier.channels--
      throw error
    }
  }

  #watch(connection: Connection): void {
    this.#open.add(connection)
    gatherWrites(connection)
    readAnyHeaders(connection)
    connection.on('error', (error) => this.lose(error))
    connection.on('close', (error) => this.lose(error ?? new Error('the broker closed the connection')))
  }

  #unlessLost<Result>(step: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      const settling = step.then(resolve, reject)
      letGo(settling.finally(() => this.#waiting.delete(reject)))
    })
  }
}
