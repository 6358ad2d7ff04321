import { type Actor, createActor, fromPromise, toPromise, waitFor } from 'xstate'
import { type Clock, systemClock } from '../../clock.ts'
import { TomodachiError } from '../../errors.ts'
import { getLogger } from '../../log/index.ts'
import { Stopwatch } from '../../stopwatch.ts'
import { reasonOf } from '../../thrown.ts'
import { backoffOf, type RetryOptions } from '../topics/delivery-rules.ts'
import { type ConnectionEvent, connection } from './connection-machine.ts'

/** What an adapter does to keep a connection. */
export interface ConnectionSteps {
  /** Connects, and attaches every consumer. Must leave nothing behind when it rejects. */
  connect(): Promise<void>
  /** Attaches the consumers that have come off, while the connection is there. */
  attachConsumers(): Promise<void>
  /** Rejects when a consumer that seems attached gets no messages; that consumer then counts as come off. */
  inspectConsumers(): Promise<void>
  /** Ends the connection, and an attempt to connect that is under way. */
  disconnect(): Promise<void>
  /** Whether another attempt at the start would fail as well: a wrong password, a queue that cannot be had. */
  isHopeless(error: unknown): boolean
}

/** How a connection is kept; times in milliseconds. */
export interface ConnectionKeeperOptions {
  /** For logs: the name of the adapter. */
  readonly name: string
  /** How long connecting is tried at the start before it fails. Default 4,000. */
  readonly startTimeout?: number
  /** Waits before attempts. Default: from 250 to 5,000, doubling, half of it random. */
  readonly backoff?: NonNullable<RetryOptions['backoff']>
  /** How often consumers are inspected. Default 30,000. */
  readonly inspectionInterval?: number
  readonly clock?: Clock
}

/**
 * Keeps the connection of an adapter by running the connection statechart: connects with backoff, connects again after
 * a loss, and attaches consumers that have come off.
 */
export class ConnectionKeeper {
  readonly #actor: Actor<ReturnType<typeof machineOf>>
  readonly #name: string
  #state = ''

  constructor(steps: ConnectionSteps, options: ConnectionKeeperOptions) {
    const { clock = systemClock, name } = options
    this.#name = name
    const stopwatch = new Stopwatch(clock)
    this.#actor = createActor(machineOf(steps, options, stopwatch), { clock: stopwatch })
    this.#actor.subscribe({ next: () => this.#report(), error: () => {} })
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

  /** Where the connection is: `connecting`, `connected.consuming`. */
  get state(): string {
    return this.#state
  }

  /** Whether every consumer is attached. */
  get ready(): boolean {
    return /^connected\.(consuming|blocked|inspecting)$/.test(this.#state)
  }

  /** Tells what has happened to the connection. */
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

  #report(): void {
    const { value, context } = this.#actor.getSnapshot()
    const state = pathOf(value)
    const before = this.#state
    if (state === before) return
    this.#state = state
    const log = getLogger(`tomodachi.${this.#name}`)
    const { error, failures } = context
    if (state === 'backingOff') {
      const text =
        before === 'connecting' ? 'cannot connect, will try again' : 'connection lost, will connect'
      log.warn(text, { failures, reason: reasonOf(error) })
    } else if (state === 'connected.blocked') log.warn('the broker takes no messages for the time being')
    else if (state === 'connected.detached') log.warn('a consumer has come off, will be attached', { error })
    else if (before === 'connecting' && state.startsWith('connected')) log.info('connected')
    else if (before === 'connected.attaching' && state === 'connected.consuming')
      log.info('consumers attached')
  }
}

function machineOf(steps: ConnectionSteps, options: ConnectionKeeperOptions, stopwatch: Stopwatch) {
  const { startTimeout = 4_000, inspectionInterval = 30_000 } = options
  const wait = backoffOf(options.backoff ?? { first: 250, cap: 5_000 })
  const deadline = stopwatch.read() + startTimeout
  let connected = false
  return connection.provide({
    actors: {
      connect: fromPromise(async () => {
        await steps.connect()
        connected = true
      }),
      attachConsumers: fromPromise(() => steps.attachConsumers()),
      inspectConsumers: fromPromise(() => steps.inspectConsumers()),
      disconnect: fromPromise(() => steps.disconnect()),
    },
    guards: {
      // Once it has worked, the cause may go away again: then it is never given up.
      isHopeless: (_, { error }) => !connected && (stopwatch.read() >= deadline || steps.isHopeless(error)),
    },
    delays: {
      backoff: ({ context }) => {
        const pause = wait(context.failures + 1)
        // The last try of a start is made when its time is over, not later.
        return connected ? pause : Math.min(pause, Math.max(0, deadline - stopwatch.read()))
      },
      inspectionInterval,
    },
  })
}

function pathOf(value: unknown): string {
  if (typeof value === 'string') return value
  return Object.entries(value as object)
    .map(([state, inner]) => `${state}.${pathOf(inner)}`)
    .join('.')
}
