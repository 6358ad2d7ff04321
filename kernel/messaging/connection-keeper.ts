import { type Actor, createActor, fromPromise, toPromise, waitFor } from 'xstate'
import { connection } from '../../statecharts/connection.ts'
import type { ConnectionEvent } from '../../statecharts/contracts.ts'
import { type Clock, systemClock } from '../clock.ts'
import { TomodachiError } from '../errors.ts'
import { getLogger } from '../log/index.ts'
import { Stopwatch } from '../stopwatch.ts'
import { reasonOf } from '../thrown.ts'
import { backoffOf, type RetryOptions } from './topics/delivery-rules.ts'

/** The steps with which an adapter connects and disconnects. */
export interface ConnectionSteps {
  /** Connects. Must leave nothing behind when it rejects. */
  connect(): Promise<void>
  /** Ends the connection, or the attempt to connect that is under way. */
  disconnect(): Promise<void>
  /** Whether another attempt at the start would fail as well, for example because of a wrong password. */
  isHopeless(error: unknown): boolean
}

/** How a connection is kept; times in milliseconds. */
export interface ConnectionKeeperOptions {
  /** For logs: the name of the adapter. */
  readonly name: string
  /** Whether the state of the connection is announced and logged. Default true. */
  readonly isTold?: boolean
  /** How long the first start keeps trying to connect before it fails. Default 4,000. */
  readonly startTimeout?: number
  /** Waits before attempts. Default: from 250 to 5,000, doubling, half of it random. */
  readonly backoff?: NonNullable<RetryOptions['backoff']>
  readonly clock?: Clock
}

/** Keeps the connection of an adapter by running the connection statechart: connects with backoff, and again after a loss. */
export class ConnectionKeeper {
  readonly #actor: Actor<ReturnType<typeof machineOf>>
  readonly #name: string
  #state = ''
  #since = new Date()
  #wasConnected = false

  constructor(steps: ConnectionSteps, options: ConnectionKeeperOptions) {
    const { clock = systemClock, name, isTold = true } = options
    this.#name = name
    const stopwatch = new Stopwatch(clock)
    this.#actor = createActor(
      machineOf(steps, options, stopwatch, () => this.#wasConnected),
      {
        clock: stopwatch,
      },
    )
    this.#actor.subscribe({ next: () => this.#moved(isTold), error: () => {} })
  }

  /** Resolves when connected for the first time. Rejects with the error of the last attempt. */
  async start(): Promise<void> {
    this.#actor.start()
    const { status, value, context } = await waitFor(
      this.#actor,
      (snapshot) => snapshot.matches('connected') || snapshot.status === 'done',
    )
    if (status !== 'done') return
    throw value === 'failed' ? context.error : new TomodachiError('STOPPED_WHILE_STARTING', {})
  }

  /** Whether it is connected. */
  get ready(): boolean {
    return this.#state.startsWith('connected')
  }

  /** Why it is not connected. */
  get reason(): string {
    const { error } = this.#actor.getSnapshot().context
    return error === undefined ? 'it is being made' : reasonOf(error)
  }

  /** Since when it is not connected. */
  get since(): Date {
    return this.#since
  }

  /** Reports what has happened to the connection. */
  tell(event: ConnectionEvent): void {
    this.#actor.send(event)
  }

  /** Resolves when disconnected. Safe to call more than once. */
  async close(): Promise<void> {
    this.#actor.start()
    const ended = toPromise(this.#actor)
    this.#actor.send({ type: 'close' })
    await ended
  }

  #moved(isTold: boolean): void {
    const state = pathOf(this.#actor.getSnapshot().value)
    const before = this.#state
    if (state === before) return
    const wasReady = this.ready
    this.#state = state
    if (wasReady && !this.ready) this.#since = new Date()
    this.#wasConnected ||= this.ready
    if (isTold) this.#report(before)
  }

  #report(before: string): void {
    const state = this.#state
    const log = getLogger(`tomodachi.${this.#name}`)
    const { error, failures } = this.#actor.getSnapshot().context
    if (state === 'backingOff') {
      const text =
        before === 'connecting' ? 'cannot connect, will try again' : 'connection lost, will connect'
      log.warn(text, { failures, reason: reasonOf(error) })
    } else if (state === 'connected.blocked') log.warn('the broker has blocked publishing')
    else if (before === 'connecting' && state.startsWith('connected')) log.info('connected')
  }
}

function machineOf(
  steps: ConnectionSteps,
  options: ConnectionKeeperOptions,
  stopwatch: Stopwatch,
  wasConnected: () => boolean,
) {
  const { startTimeout = 4_000 } = options
  const wait = backoffOf(options.backoff ?? { first: 250, cap: 5_000 })
  const deadline = stopwatch.read() + startTimeout
  return connection.provide({
    actors: {
      connect: fromPromise(() => steps.connect()),
      disconnect: fromPromise(() => steps.disconnect()),
    },
    guards: {
      // Once it has worked, the cause may go away by itself, so it never gives up.
      isHopeless: (_, { error }) =>
        !wasConnected() && (stopwatch.read() >= deadline || steps.isHopeless(error)),
    },
    delays: {
      backoff: ({ context }) => {
        const pause = wait(context.failures + 1)
        // The last try of a start is made when its time is over, not later.
        return wasConnected() ? pause : Math.min(pause, Math.max(0, deadline - stopwatch.read()))
      },
    },
  })
}

function pathOf(value: unknown): string {
  if (typeof value === 'string') return value
  return Object.entries(value as object)
    .map(([state, inner]) => `${state}.${pathOf(inner)}`)
    .join('.')
}
