import { type ActorRefFrom, createActor, fromPromise, type InspectionEvent, toPromise, waitFor } from 'xstate'
import { readableEvent } from '../statecharts/event-name.ts'
import { lifecycle, type StepTimeout } from '../statecharts/lifecycle.ts'
import type { Actor } from './actor.ts'
import type { Adapter } from './adapter.ts'
import { Bus } from './bus.ts'
import { type Clock, systemClock } from './clock.ts'
import { TomodachiError } from './errors.ts'
import { getLogger } from './log/index.ts'
import { type AdapterContext, running } from './running.ts'
import type { Service } from './service.ts'
import { forwardSignals } from './signals.ts'
import { spawn } from './spawn.ts'
import { adaptersOf, LifecycleSteps } from './steps.ts'
import { Stopwatch } from './stopwatch.ts'

/** Where a service is in its life. */
export type LifecycleState = 'idle' | 'starting' | 'started' | 'stopping' | 'draining' | 'stopped'

export interface KernelOptions {
  /**
   * Whether the kernel owns the process: it then stops on SIGINT and SIGTERM, leaves at once on a second signal, and
   * ends the process when it was stopped by a signal or by `exit()`. Default true.
   */
  readonly ownsProcess?: boolean
  /** Source of the lifecycle's timers. Default: the system's. */
  readonly clock?: Clock
}

const log = getLogger('tomodachi.lifecycle')

/**
 * Runs services: owns the bus, the adapters that the services' sources point at, and the lifecycle statechart, through
 * which alone everything starts and stops.
 */
export class Kernel {
  readonly services: readonly Service[]
  readonly bus = new Bus()
  /** The running statechart: subscribe to it, or draw it. */
  readonly lifecycle: ActorRefFrom<typeof lifecycle>
  /** Resolves with the exit code when the kernel has stopped. */
  readonly stopped: Promise<number>
  readonly #steps: LifecycleSteps
  readonly #ownsProcess: boolean
  #leaveProcess = false
  #path = 'idle'
  #hasStarted = false
  #reported = 0

  /**
   * Throws `NO_SERVICES` without services.
   */
  constructor(
    services: readonly Service<unknown>[],
    { ownsProcess = true, clock = systemClock }: KernelOptions = {},
  ) {
    if (services.length === 0) throw new TomodachiError('NO_SERVICES', {})
    this.services = services as readonly Service[]
    this.#ownsProcess = ownsProcess
    const stopwatch = new Stopwatch(clock)
    this.#steps = new LifecycleSteps(this.services, this.bus, stopwatch)
    this.lifecycle = createActor(machineOf(this.#steps), {
      clock: stopwatch,
      inspect: (event) => this.#inspect(event),
    })
    this.stopped = toPromise(this.lifecycle).then(({ exitCode }) => this.#end(exitCode))
  }

  /** The state, without its sub-state. */
  get state(): LifecycleState {
    // Not from what `#inspect` has seen: a step's hooks begin before the transition to it is told.
    return pathOf(this.lifecycle.getSnapshot().value).split('.')[0] as LifecycleState
  }

  /** Whether every consumer is attached and no stop has been asked for: what a readiness probe wants to know. */
  get ready(): boolean {
    return this.state === 'started' && this.#steps.adapters.every(({ ready = true }) => ready)
  }

  /**
   * Resolves when started. Rejects, after everything that was started has been closed again, with the first failure
   * of a hook or an adapter, and with `STOPPED_WHILE_STARTING` when it was stopped meanwhile. Rejects at once with
   * `KERNEL_STOPPED` when it was stopped before (a kernel lives once), with `SERVICE_ALREADY_RUNS` or
   * `ADAPTER_ALREADY_RUNS` when another kernel runs one of its own, and with `NO_HANDLERS` for a service that could never
   * do anything.
   */
  async start(): Promise<this> {
    if (this.state === 'stopped') throw new TomodachiError('KERNEL_STOPPED', {})
    this.#refuseWhatRuns()
    this.#steps.prepare()
    running.add(this)
    if (this.#ownsProcess) forwardSignals(this)
    this.lifecycle.start()
    this.lifecycle.send({ type: 'start' })
    await waitFor(this.lifecycle, (snapshot) => snapshot.matches('started') || snapshot.status === 'done')
    if (this.state === 'started') return this
    await this.stopped
    throw this.#failures[0] ?? new TomodachiError('STOPPED_WHILE_STARTING', {})
  }

  /**
   * Drains and stops; resolves with the exit code. Safe to call more than once, in any state. The process goes on.
   */
  async stop(exitCode?: number): Promise<number> {
    this.lifecycle.start()
    this.lifecycle.send({ type: 'stop', ...(exitCode === undefined ? {} : { exitCode }) })
    return this.stopped
  }

  /** Drains and stops and then, where the kernel owns the process, ends it. */
  exit(exitCode?: number): void {
    this.#leaveProcess = this.#ownsProcess
    spawn('stopping', async () => void (await this.stop(exitCode)))
  }

  /** Ends without waiting for anything: unfinished work is left where it is. */
  force(exitCode: number): void {
    this.#leaveProcess = this.#ownsProcess
    this.lifecycle.start()
    this.lifecycle.send({ type: 'force', exitCode })
  }

  /** Of each adapter, whether it is enabled and how much it has to do. */
  adapterContexts(): Record<string, AdapterContext> {
    return this.#steps.adapterContexts()
  }

  /** What an adapter's sources have been registered for: address, handler name and service of every actor. */
  actors(): readonly Actor[] {
    return this.#steps.actors
  }

  /** What the adapters offer to people, for the banner. */
  adapters(): readonly Adapter[] {
    return this.#steps.adapters
  }

  #refuseWhatRuns(): void {
    const adapters = adaptersOf(this.services)
    for (const kernel of running) {
      const twice = kernel.services.find((service) => this.services.includes(service))
      if (twice) throw new TomodachiError('SERVICE_ALREADY_RUNS', { service: twice.name })
      const shared = kernel.adapters().find((adapter) => adapters.has(adapter))
      if (shared) throw new TomodachiError('ADAPTER_ALREADY_RUNS', { adapter: shared.name })
    }
  }

  #inspect(inspection: InspectionEvent): void {
    if (inspection.type !== '@xstate.snapshot' || inspection.actorRef !== this.lifecycle) return
    const { value } = this.lifecycle.getSnapshot()
    const from = this.#path
    const to = pathOf(value)
    this.#report()
    if (from === to) return
    this.#path = to
    this.#hasStarted ||= to === 'started'
    const event = readableEvent(inspection.event.type)
    log.debug('transition', { from, to, event })
    this.bus.emit('lifecycle', { from, to, event })
    if (to === 'started') this.#tellStarted()
  }

  /** An adapter that cannot begin is one that cannot go on. */
  #tellStarted(): void {
    for (const error of this.#steps.tellStarted()) this.lifecycle.send({ type: 'fail', error })
  }

  get #failures(): readonly unknown[] {
    return this.lifecycle.getSnapshot().context.errors.map(readableFailure)
  }

  /** Failures are logged as they happen, but for the one that `start` rejects with. */
  #report(): void {
    const failures = this.#failures
    const kept = this.#hasStarted ? 0 : 1
    for (const error of failures.slice(Math.max(kept, this.#reported))) logFailure(error)
    this.#reported = failures.length
  }

  #end(exitCode: number): number {
    running.delete(this)
    if (!this.#leaveProcess) return exitCode
    if (running.size > 0) {
      // The last kernel ends the process; a failure of one before must not be forgotten by then.
      if (exitCode !== 0) process.exitCode = exitCode
      return exitCode
    }
    // The process ends before anybody is told that `start` has failed.
    if (!this.#hasStarted && this.#failures.length > 0) logFailure(this.#failures[0])
    process.exit(exitCode === 0 ? process.exitCode : exitCode)
  }
}

/** The lifecycle with the kernel's steps in the place of the machine's empty ones. */
function machineOf(steps: LifecycleSteps): typeof lifecycle {
  return lifecycle.provide({
    actors: {
      runStartHooks: fromPromise(() => steps.runStartHooks()),
      startAdapters: fromPromise(() => steps.startAdapters()),
      runStartedHooks: fromPromise(() => steps.runStartedHooks()),
      pauseAdapters: fromPromise(() => steps.pauseAdapters()),
      waitUntilIdle: fromPromise(() => steps.waitUntilIdle()),
      releaseWork: fromPromise(() => steps.releaseWork()),
      closeAdapters: fromPromise(() => steps.closeAdapters()),
      runStopHooks: fromPromise(() => steps.runStopHooks()),
    },
    delays: {
      drainDeadline: () => steps.drainDeadline(),
      closeDeadline: () => steps.closeDeadline(),
      finishDeadline: () => steps.finishDeadline(),
    },
  })
}

function logFailure(error: unknown): void {
  log.error('a hook or an adapter failed', { error })
}

/** The machine knows no error of ours: of a step that took too long it notes the name. */
function readableFailure(error: unknown): unknown {
  return isTimeout(error) ? new TomodachiError('STEP_TIMEOUT', { step: error.timedOut }) : error
}

function isTimeout(error: unknown): error is StepTimeout {
  return typeof error === 'object' && error !== null && 'timedOut' in error
}

function pathOf(value: unknown): string {
  if (typeof value === 'string') return value
  return Object.entries(value as object)
    .map(([state, child]) => `${state}.${pathOf(child)}`)
    .join(' ')
}

/** Runs services until they are stopped by a signal, by `exit()` or by `kernel.stop()`; resolves when started. */
export async function run(...services: readonly Service<unknown>[]): Promise<Kernel> {
  return new Kernel(services).start()
}
