import type { Sender } from '../../envelopes/index.ts'
import type { Actor } from './actor.ts'
import type { Bus, Deliver } from './bus.ts'

/** What an adapter is started with. */
export interface AdapterStart {
  /** The handlers of its sources, in the order of their registration. Empty: it connects and consumes nothing. */
  readonly actors: readonly Actor[]
  /** Hands an envelope to the actor of its address. Throws `NO_ACTOR` for any other address. */
  readonly deliver: Deliver
  /** To tell of what was published, and for observers. */
  readonly bus: Bus
  /**
   * Aborts when a stop comes before this start has ended, never afterwards. Its reason is the
   * `STOPPED_WHILE_STARTING` that `start` then rejects with.
   */
  readonly signal: AbortSignal
  /**
   * Whom a message that is published now names as its sender: the service whose handler or hook the running code was
   * called from, else (timers of your own, code after the start) the service that the adapter was started for, by one
   * of its handlers or by the list `adapters`; of several the one that was given to `run` first.
   */
  sender(): Sender
}

/**
 * Talks to one kind of outside system. It turns what arrives into envelopes, and settlements into what its system
 * expects. A factory returns it as an object literal; it keeps no state from one start to the next.
 */
export interface Adapter {
  /** Names the adapter in logs, addresses and `getContext()`. */
  readonly name: string

  /**
   * Resolves when it is connected and every actor can receive. Rejects when it cannot start, or gives up since a stop
   * came meanwhile (`signal`); `close` is called then too.
   */
  start(given: AdapterStart): Promise<void>

  /**
   * Called when every adapter has started and the onStarted hooks are through: what begins by itself, such as a timer,
   * begins here. Not called when a stop comes before. A throw stops the kernel. Absent: nothing begins by itself.
   */
  started?(): void

  /**
   * Takes nothing new from now on. What was delivered goes on and can still be answered, acked and published from.
   * A delivery that has not started may be given back. Resolves when nothing new can come.
   */
  pause(): Promise<void>

  /**
   * Resolves when no socket, timer or connection is left. Work still in flight has been released before. It may be
   * called after a start that failed, and the adapter may be started again afterwards. It is called within a start that
   * has not ended (its `signal` has aborted before) when a stop can wait no longer, for what that has opened; and then again when the start has ended, unless
   * the adapter has been started again by then: whoever keeps state keeps it for each start, and has one that ends after
   * its close give back what it has opened.
   */
  close(): Promise<void>

  /**
   * Resolves when what it has begun of its own accord is finished: calls and publishes, awaited by a handler or not. The
   * drain waits for it, until its deadline. Absent: it begins nothing. An `InFlight` keeps count.
   */
  idle?(): Promise<void>

  /** The adapter that this one is a view of: the same one, with more middleware. Absent: itself. */
  readonly origin?: Adapter

  /** Adapters that this one stands on. They run wherever it runs, whether or not a service names them. */
  readonly needs?: readonly Adapter[]

  /** Whether every consumer is attached: false before the start and after the close. Absent: always. */
  readonly ready?: boolean

  /** What a person can reach here, for the banner: `http://127.0.0.1:9700`. Absent: nothing. */
  readonly endpoints?: readonly string[]
}
