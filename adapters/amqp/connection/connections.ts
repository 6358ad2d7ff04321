import { inTime, letGo } from '../../../kernel/adapter-kit.ts'
import { answerTimeout, configurationOf } from './configuration.ts'
import { gatherWrites } from './gathered-writes.ts'
import type { ResolvedOptions } from './options.ts'
import { type Broker, type Connection, fromCallback, type Rascal } from './rascal.ts'

/** How long the broker may take for one step, in milliseconds. */
const patience = 10_000
/** How long it may take to close, in milliseconds. */
export const farewell = 2_000

/** What is called when something happens to the connections. */
export interface ConnectionEvents {
  /** Called when the connections are lost, at most once: not before `settled`, and not after `end`. */
  lost(error: unknown): void
  blocked(isBlocked: boolean): void
}

/**
 * Two connections that live and end together: one to consume on and one to publish on, so that a broker that has blocked
 * publishing still hands messages out. rascal declares the exchanges first, and then connects both.
 */
export class Connections {
  /** Undefined until `open` has resolved. */
  consuming!: Connection
  publishing!: Connection
  readonly #events: ConnectionEvents
  /** Destroys every socket when it aborts. */
  readonly #sockets = new AbortController()
  /** Rejects whoever waits for a step of the broker. */
  readonly #waiting = new Set<(error: unknown) => void>()
  #isSettled = false
  #hasEnded = false
  #failure: unknown

  constructor(events: ConnectionEvents) {
    this.#events = events
  }

  /** Why they are lost; undefined while they are not. */
  get failure(): unknown {
    return this.#failure
  }

  /** Connects, and declares the exchanges. When it rejects, with the error of rascal, it leaves nothing open. */
  async open(rascal: Rascal, options: ResolvedOptions, exchanges: readonly string[]): Promise<void> {
    const { hosts, virtualhost } = options
    const perHost = answerTimeout * (hosts.length - 1) + patience
    let broker: Broker | undefined
    try {
      const configuration = configurationOf(options, exchanges, this.#sockets.signal)
      broker = await this.within(this.#createBroker(rascal, configuration), perHost)
      // rascal no longer needs the connection over which it declared the exchanges.
      const { connect, shutdown } = broker
      await this.within(fromCallback(shutdown))
      const connected = () => fromCallback<Connection>((done) => connect(virtualhost, done))
      const connecting = Promise.all([connected(), connected()])
      const [consuming, publishing] = await this.within(connecting, perHost)
      this.consuming = consuming
      this.publishing = publishing
      for (const connection of [consuming, publishing]) this.#watch(connection)
      publishing.on('blocked', () => this.#events.blocked(true))
      publishing.on('unblocked', () => this.#events.blocked(false))
    } catch (error) {
      this.lose(error)
      clearInterval(broker?.keepActive)
      throw this.#failure
    }
  }

  /** From now on `lost` is called. Throws the error of a loss that came earlier. */
  settled(): void {
    if (this.#failure) throw this.#failure
    this.#isSettled = true
  }

  /** Rejects when the broker takes too long, which also loses the connections, or when they are lost meanwhile. */
  within<Result>(step: Promise<Result>, milliseconds = patience): Promise<Result> {
    const late = () => {
      this.lose(new Error('the broker does not answer'))
      return this.#failure
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      const waiting = inTime(step, milliseconds, late).then(resolve, reject)
      letGo(waiting.finally(() => this.#waiting.delete(reject)))
    })
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
      const closing = [this.consuming, this.publishing].map((connection) =>
        fromCallback((done) => connection.close(done)),
      )
      await inTime(Promise.allSettled(closing), farewell, () => {}).catch(() => {})
    }
    this.#sockets.abort()
  }

  #watch(connection: Connection): void {
    gatherWrites(connection)
    connection.on('error', (error) => this.lose(error))
    connection.on('close', (error) => this.lose(error ?? new Error('the broker closed the connection')))
  }

  /** rascal may call back late, or twice. Its own connection ends with the sockets. */
  #createBroker(rascal: Rascal, configuration: object): Promise<Broker> {
    return new Promise((resolve, reject) => {
      rascal.createBroker(configuration, (error, broker) => {
        broker?.on('error', (failure) => this.lose(failure))
        // A broker that nobody shuts down would keep the process alive.
        if (broker && (error || this.#failure)) clearInterval(broker.keepActive)
        if (error || !broker) reject(error)
        else resolve(broker)
      })
    })
  }
}
