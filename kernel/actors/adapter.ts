import type { Sender } from '../../envelopes/index.ts'
import type { Actor } from './actor.ts'
import type { Bus, Deliver } from './bus.ts'
import type { Instrument } from './instrument.ts'

/** What an adapter is started with. */
export interface AdapterStart {
  /**
   * The handlers of its sources, in the order of their registration. If empty, the adapter connects and consumes
   * nothing.
   */
  readonly actors: readonly Actor[]
  /** Hands an envelope to the actor of its address. Throws `NO_ACTOR` for any other address. */
  readonly deliver: Deliver
  /** The bus, to report what was published, and for observers. */
  readonly bus: Bus
  /**
   * Aborts if a stop is requested before this start has ended, never afterwards. Its reason is the
   * `STOPPED_WHILE_STARTING` with which `start` then rejects.
   */
  readonly signal: AbortSignal
  /**
   * Whether the adapter is only checked: it connects, creates nothing and serves nobody. There are no actors, and `close`
   * follows. Default false.
   */
  readonly isCheck?: boolean
  /**
   * The sender that a message published now names. It is the service whose handler or hook called the running code. For
   * other code (your own timers, code after the start) it is the service that the adapter was started for, because of a
   * handler or of the option `adapters`; if there are several, the first one that was given to `run`.
   */
  sender(): Sender
}

/** Something that does not work at the moment. */
export interface Problem {
  /** What: `the connection`, `the queue "orders"`. */
  readonly part: string
  /** Why, in a sentence. */
  readonly reason: string
  /** Since when. */
  readonly since: Date
}

/** A problem, and the adapter that has it, by its name in `getContext()`. */
export interface AdapterProblem extends Problem {
  readonly adapter: string
}

/**
 * Talks to one kind of outside system. It turns what arrives into envelopes, and settlements into what its system
 * expects. A factory returns it as an object literal. It keeps no state from one start to the next.
 */
export interface Adapter {
  /** Name of the adapter in logs, addresses and `getContext()`. */
  readonly name: string

  /**
   * Starts the adapter. Resolves when it is connected and every actor can receive. Rejects when it cannot start, or
   * when it gives up because a stop was requested (`signal`); `close` is called then too.
   */
  start(given: AdapterStart): Promise<void>

  /**
   * Called when every adapter has started and the onStarted hooks have finished. Work that begins by itself, such as a
   * timer, begins here. Not called if a stop is requested before. A throw stops the kernel. Leave it out if nothing
   * begins by itself.
   */
  started?(): void

  /**
   * Stops taking anything new. Deliveries that were handed over go on: they can still be answered, acked and published
   * from. A delivery that has not started may be given back. Resolves when nothing new can arrive.
   */
  pause(): Promise<void>

  /**
   * Closes the adapter. Resolves when no socket, timer or connection is left. Work still in flight has been released
   * before. It may be called after a start that failed, and the adapter may be started again afterwards. If a stop can
   * wait no longer for a start that has not ended, it is called during that start (whose `signal` has aborted), to
   * close what has been opened. It is then called again when the start has ended, unless the adapter has been started
   * again by then. So keep state separately for each start, and let a start that ends after its close give back what it
   * has opened.
   */
  close(): Promise<void>

  /**
   * Resolves when the work that the adapter has begun itself is finished: calls and publishes, whether a handler awaits
   * them or not. The drain waits for it, until its deadline. Leave it out if the adapter begins nothing. An `InFlight`
   * keeps count.
   */
  idle?(): Promise<void>

  /** The adapter that this one is a view of, with more middleware. If absent, the adapter itself. */
  readonly origin?: Adapter

  /** Adapters that this one needs. They run wherever it runs, whether or not a service names them. */
  readonly needs?: readonly Adapter[]

  /** What stands around the work of all handlers of a kernel that has this adapter, for tracing. If absent, nothing. */
  readonly instrument?: Instrument | undefined

  /** Whether every consumer is attached. False before the start and after the close. If absent, always true. */
  readonly ready?: boolean

  /** What of it does not work, and why; empty while `ready` is true. If absent, nobody can say. */
  readonly problems?: readonly Problem[]

  /** Addresses that people can open, for the banner: `http://127.0.0.1:9700`. If absent, none. */
  readonly endpoints?: readonly string[]
}
