import { type ActorRefFrom, createActor, type InspectionEvent, toPromise, waitFor } from 'xstate'
import { readableEvent } from '../../statecharts/chart/event-name.ts'
import type { LifecycleActor } from '../../statecharts/contracts.ts'
import type { Actor } from '../actors/actor.ts'
import type { Adapter } from '../actors/adapter.ts'
import { Bus } from '../actors/bus.ts'
import { Context, currentContext } from '../actors/handling/context.ts'
import { runningServices, type Service } from '../actors/service.ts'
import type { Source } from '../actors/source.ts'
import { type Clock, systemClock } from '../clock.ts'
import { TomodachiError } from '../errors.ts'
import { abandonLogs, getLogger } from '../log/index.ts'
import { Stopwatch } from '../stopwatch.ts'
import { announceStop, summaryOf } from './announcement.ts'
import { checkServices, refuseRunning } from './given-services.ts'
import { currentHook, runHook } from './hook.ts'
import { machineOf, pathOf, readableFailure } from './machine.ts'
import { checkExitCode, endProcess, exitCodeInvalid, isExitCode } from './process/process-end.ts'
import { type AdapterContext, running } from './process/process-registry.ts'
import { forwardSignals, type Stoppable } from './process/signals.ts'
import { LifecycleSteps } from './steps.ts'

/** Where a service is in its life. */
export type LifecycleState = 'idle' | 'starting' | 'started' | 'stopping' | 'draining' | 'stopped'

/** What a kernel may be made with. */
export interface KernelOptions {
  /**
   * Whether the kernel owns the process: it then stops on the signals of `stopSignals`, leaves at once on a second one, and
   * ends the process when it was stopped by a signal or by `exit()`. Default true.
   */
  readonly ownsProcess?: boolean
  /** Source of the lifecycle's timers. Default: the system's. */
  readonly clock?: Clock
}

const log = getLogger('tomodachi.lifecycle')

/** Whether somebody in this process has asked for the end of a kernel. */
let stopIsAwaited = false

/**
 * Runs services: owns the bus, the adapters that the services' sources point at, and the lifecycle statechart, through
 * which alone everything starts and stops.
 */
export class Kernel {
  readonly services: readonly Service[]
  readonly bus = new Bus()
  /** The running statechart: subscribe to it, or draw it. */
  readonly lifecycle: LifecycleActor
  readonly #actor: ActorRefFrom<typeof machineOf>
  readonly #stopped: Promise<number>
  readonly #steps: LifecycleSteps
  readonly #stopwatch: Stopwatch
  readonly #ownsProcess: boolean
  #begunAt: number | undefined
  /** How the process is to end with the kernel, if it is. */
  #leaving: 'inOrder' | 'atOnce' | undefined
  #path = 'idle'
  #hasStarted = false
  #reported = 0

  /** Throws `NO_SERVICES` without services, `SERVICE_INVALID` for what is none, and `SERVICE_TWICE`. */
  constructor(
    services: readonly Service<unknown>[],
    { ownsProcess = true, clock = systemClock }: KernelOptions = {},
  ) {
    checkServices(services)
    this.services = services as readonly Service[]
    this.#ownsProcess = ownsProcess
    this.#stopwatch = new Stopwatch(clock)
    this.#steps = new LifecycleSteps(this.services, this.bus, this.#stopwatch, (hook) =>
      this.services.map((service) => runHook(service, hook, this)),
    )
    this.lifecycle = this.#actor = createActor(machineOf(this.#steps), {
      clock: this.#stopwatch,
      inspect: (event) => this.#inspect(event),
    })
    this.#stopped = toPromise(this.#actor).then(({ exitCode }) => this.#end(exitCode))
  }

  /** The state, without its sub-state. */
  get state(): LifecycleState {
    // Not from what `#inspect` has seen: a step's hooks begin before the transition to it is told.
    return pathOf(this.#actor.getSnapshot().value).split('.')[0] as LifecycleState
  }

  /**
   * Resolves with the exit code when the kernel has stopped. Where the kernel ends the process, whoever has asked for it
   * goes on before: the process ends when nothing is left to do, after five seconds at the latest.
   */
  get stopped(): Promise<number> {
    stopIsAwaited = true
    return this.#stopped
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
    refuseRunning(this.services)
    this.#steps.prepare()
    this.#begunAt = this.#stopwatch.read()
    running.add(this)
    for (const service of this.services) runningServices.add(service)
    if (this.#ownsProcess) forwardSignals(this.#stoppable())
    this.#actor.start()
    this.#actor.send({ type: 'start' })
    await waitFor(this.#actor, (snapshot) => snapshot.matches('started') || snapshot.status === 'done')
    if (this.state === 'started') return this
    await this.#stopped
    throw this.#failures[0] ?? new TomodachiError('STOPPED_WHILE_STARTING', {})
  }

  /**
   * Drains and stops; resolves with the exit code. Safe to call more than once, in any state. The process goes on. In a
   * handler or a hook, for which it would wait in vain, it stops all the same, and rejects with `STOP_AWAITED`. Rejects
   * with `OPTION_INVALID` for an exit code that is no whole number from 0 to 255, and then stops nothing.
   */
  stop(exitCode?: number): Promise<number> {
    if (!isExitCode(exitCode)) return Promise.reject(exitCodeInvalid('kernel.stop(exitCode)', exitCode))
    this.#stop(exitCode)
    const waiter = this.#waiter()
    if (waiter === undefined) return this.stopped
    const refused = Promise.reject(new TomodachiError('STOP_AWAITED', { waiter }))
    // Who does not await it need not be told.
    refused.catch(() => {})
    return refused
  }

  /** Drains and stops and then, where the kernel owns the process, ends it. Throws `OPTION_INVALID` as `stop` rejects. */
  exit(exitCode?: number): void {
    checkExitCode(exitCode, 'kernel.exit(exitCode)')
    if (this.#ownsProcess) this.#leaving ??= 'inOrder'
    this.#stop(exitCode)
  }

  /** Ends without waiting for anything: unfinished work is left where it is. Throws `OPTION_INVALID` as `exit` does. */
  force(exitCode: number): void {
    checkExitCode(exitCode, 'kernel.force(exitCode)')
    if (this.#ownsProcess) this.#leaving = 'atOnce'
    abandonLogs()
    this.#actor.start()
    this.#actor.send({ type: 'force', exitCode })
  }

  /** Of each adapter, whether it is enabled and how much it has to do. */
  adapterContexts(): Record<string, AdapterContext> {
    return this.#steps.adapterContexts()
  }

  /** What an adapter's sources have been registered for: address, handler name and service of every actor. */
  actors(): readonly Actor<Source>[] {
    return this.#steps.actors
  }

  /** What the adapters offer to people, for the banner. */
  adapters(): readonly Adapter[] {
    return this.#steps.adapters
  }

  #stop(exitCode: number | undefined): void {
    this.#actor.start()
    this.#actor.send({ type: 'stop', ...(exitCode === undefined ? {} : { exitCode }) })
  }

  /** What this is called from, if a stop has to wait for it. */
  #waiter(): string | undefined {
    const hook = currentHook()
    if (hook && this.services.includes(hook.service)) return `${hook.name} of ${hook.service.name}`
    const context = currentContext()
    if (!context || !Context.isHandling(context) || !this.services.includes(context.service)) return undefined
    return `the handler of ${context.address}`
  }

  /** For signals: none of which waits for the stop as a program does. */
  #stoppable(): Stoppable {
    return { exit: () => this.exit(), force: (exitCode) => this.force(exitCode), stopped: this.#stopped }
  }

  #inspect(inspection: InspectionEvent): void {
    if (inspection.type !== '@xstate.snapshot' || inspection.actorRef !== this.#actor) return
    const { value } = this.#actor.getSnapshot()
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
    for (const error of this.#steps.tellStarted()) this.#actor.send({ type: 'fail', error })
  }

  get #failures(): readonly unknown[] {
    return this.#actor.getSnapshot().context.errors.map(readableFailure)
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
    for (const service of this.services) runningServices.delete(service)
    this.#announceStop(exitCode)
    if (!this.#leaving) return exitCode
    if (running.size > 0) {
      // The last kernel ends the process; a failure of one before must not be forgotten by then.
      if (exitCode !== 0) process.exitCode = exitCode
      return exitCode
    }
    // The process ends before anybody is told that `start` has failed.
    if (!this.#hasStarted && this.#failures.length > 0) logFailure(this.#failures[0])
    endProcess(exitCode, stopIsAwaited && this.#hasStarted && this.#leaving === 'inOrder')
    return exitCode
  }

  /** A start that failed says so itself. */
  #announceStop(exitCode: number): void {
    if (this.#begunAt === undefined || (!this.#hasStarted && this.#failures.length > 0)) return
    const code = exitCode === 0 && this.#leaving ? Number(process.exitCode ?? 0) : exitCode
    const level = this.#ownsProcess ? 'info' : 'debug'
    announceStop(summaryOf(this), this.#stopwatch.read() - this.#begunAt, code, level)
  }
}

function logFailure(error: unknown): void {
  log.error('a hook or an adapter failed', { error })
}
