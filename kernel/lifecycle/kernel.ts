import { type ActorRefFrom, createActor, type InspectionEvent, toPromise, waitFor } from 'xstate'
import { readableEvent } from '../../statecharts/chart/event-name.ts'
import type { LifecycleActor } from '../../statecharts/contracts.ts'
import type { Actor } from '../actors/actor.ts'
import type { Adapter, AdapterProblem } from '../actors/adapter.ts'
import { Bus } from '../actors/bus.ts'
import { runningServices, type Service } from '../actors/service.ts'
import type { Source } from '../actors/source.ts'
import { TomodachiError } from '../errors.ts'
import { abandonLogs, getLogger } from '../log/index.ts'
import { resolveOptions } from '../options/resolve-options.ts'
import type { MaybePromise } from '../promise.ts'
import { Stopwatch } from '../stopwatch.ts'
import { announceStop, summaryOf } from './announcement.ts'
import { runHook, waiterIn } from './hook.ts'
import { checkServices, type KernelOptions, kernelShapes, refuseRunning } from './kernel-arguments.ts'
import { machineOf, pathOf, readableFailure } from './machine.ts'
import { checkExitCode, endProcess, exitCodeInvalid, isExitCode } from './process/process-end.ts'
import { type AdapterContext, running } from './process/process-registry.ts'
import { forwardSignals, type Stoppable } from './process/signals.ts'
import { LifecycleSteps } from './steps.ts'

declare module '../actors/hooks.ts' {
  interface HookContext {
    /** The kernel that runs the service. */
    readonly kernel: Kernel
  }
}

/** The state of a service's life. */
export type LifecycleState = 'idle' | 'starting' | 'started' | 'leaving' | 'stopping' | 'draining' | 'stopped'

const log = getLogger('tomodachi.lifecycle')

/** Whether code in this process waits for the end of a kernel. */
let stopIsAwaited = false

/** Runs services. It owns the bus, the adapters, and the lifecycle statechart, which drives every start and stop. */
export class Kernel {
  readonly services: readonly Service[]
  readonly bus = new Bus()
  /** The running statechart, to subscribe to or to draw. */
  readonly lifecycle: LifecycleActor
  readonly #actor: ActorRefFrom<typeof machineOf>
  readonly #stopped: Promise<number>
  readonly #steps: LifecycleSteps
  readonly #stopwatch: Stopwatch
  readonly #ownsProcess: boolean
  readonly #otherAdapters: readonly Adapter[]
  #begunAt: number | undefined
  /** How the process ends with the kernel, if it does. */
  #leaving: 'inOrder' | 'atOnce' | undefined
  #path = 'idle'
  #hasStarted = false
  #reported = 0

  /** Throws `NO_SERVICES`, `SERVICE_TWICE`, `SERVICE_INVALID` for anything that is not a service, and `OPTION_INVALID`. */
  constructor(services: readonly Service<unknown>[], options: KernelOptions = {}) {
    checkServices(services)
    const { ownsProcess, adapters, clock } = resolveOptions('Kernel', options, kernelShapes)
    this.services = services as readonly Service[]
    this.#ownsProcess = ownsProcess
    this.#otherAdapters = adapters
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
    // Not what `#inspect` has seen: the hooks of a step begin before the transition to it is reported.
    return pathOf(this.#actor.getSnapshot().value).split('.')[0] as LifecycleState
  }

  /**
   * Resolves with the exit code when the kernel has stopped. If the kernel ends the process, code that awaits this
   * runs first: the process ends when nothing is left to do, or after five seconds.
   */
  get stopped(): Promise<number> {
    stopIsAwaited = true
    return this.#stopped
  }

  /** Whether every consumer is attached and no stop has been requested: use it for a readiness probe. */
  get ready(): boolean {
    return this.state === 'started' && this.#steps.adapters.every(({ ready = true }) => ready)
  }

  /** What of the adapters does not work, and why: for a health report, beside `ready`. Empty while nothing is wrong. */
  get problems(): readonly AdapterProblem[] {
    return this.#steps.problems
  }

  /**
   * Starts the services. Resolves when they have started. If a hook or an adapter fails, it closes what was started,
   * then rejects with the first failure, or with `STOPPED_WHILE_STARTING` if it was stopped in the meantime. Rejects at
   * once with `KERNEL_STOPPED` after a stop (a kernel runs only once), with `SERVICE_ALREADY_RUNS` or
   * `ADAPTER_ALREADY_RUNS` if another kernel runs one of its services or adapters, and with `NO_HANDLERS` for a service
   * that has nothing to do.
   */
  async start(): Promise<this> {
    if (this.state === 'stopped') throw new TomodachiError('KERNEL_STOPPED', {})
    refuseRunning(this.services, this.#otherAdapters)
    this.#steps.prepare(this.#otherAdapters)
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
   * Drains and stops, in any state. Resolves with the exit code. The process goes on. A handler or hook cannot await
   * it, because the stop waits for them: there it rejects with `STOP_AWAITED`, and still stops. For a code that is not
   * a whole number from 0 to 255 it rejects with `OPTION_INVALID` and does not stop.
   */
  stop(exitCode?: number): Promise<number> {
    if (!isExitCode(exitCode)) return Promise.reject(exitCodeInvalid('kernel.stop(exitCode)', exitCode))
    this.#stop(exitCode)
    // The stop has to wait for it.
    const waiter = waiterIn(this.services)
    if (waiter === undefined) return this.stopped
    const refused = Promise.reject(new TomodachiError('STOP_AWAITED', { waiter }))
    // Code that does not await it needs no error.
    refused.catch(() => {})
    return refused
  }

  /**
   * Drains and stops, then ends the process if the kernel owns it. Throws `OPTION_INVALID` for a code that `stop` would
   * reject.
   */
  exit(exitCode?: number): void {
    checkExitCode(exitCode, 'kernel.exit(exitCode)')
    if (this.#ownsProcess) this.#leaving ??= 'inOrder'
    this.#stop(exitCode)
  }

  /** Ends without waiting for anything; unfinished work is left where it is. Throws `OPTION_INVALID` as `exit` does. */
  force(exitCode: number): void {
    checkExitCode(exitCode, 'kernel.force(exitCode)')
    if (this.#ownsProcess) this.#leaving = 'atOnce'
    abandonLogs()
    this.#actor.start()
    this.#actor.send({ type: 'force', exitCode })
  }

  /** For each adapter, whether it is enabled and how much work it has. */
  adapterContexts(): Record<string, AdapterContext> {
    return this.#steps.adapterContexts()
  }

  /** The actors of all services, each with its address, handler name and service. */
  actors(): readonly Actor<Source>[] {
    return this.#steps.actors
  }

  /** The adapters, each once. */
  adapters(): readonly Adapter[] {
    return this.#steps.adapters
  }

  #stop(exitCode: number | undefined): void {
    this.#actor.start()
    this.#actor.send({ type: 'stop', ...(exitCode === undefined ? {} : { exitCode }) })
  }

  /** What signals stop. Unlike a program, a signal does not wait for the stop. */
  #stoppable(): Stoppable {
    return { exit: () => this.exit(), force: (exitCode) => this.force(exitCode), stopped: this.#stopped }
  }

  #inspect(inspection: InspectionEvent): void {
    if (inspection.type !== '@xstate.snapshot' || inspection.actorRef !== this.#actor) return
    const from = this.#path
    const to = pathOf(this.#actor.getSnapshot().value)
    this.#report()
    if (from === to) return
    this.#path = to
    this.#hasStarted ||= to === 'started'
    const event = readableEvent(inspection.event.type)
    log.debug('transition', { from, to, event })
    this.bus.emit('lifecycle', { from, to, event })
    if (to === 'started') this.#tellStarted()
  }

  /** An adapter that throws here cannot run, so the kernel stops. */
  #tellStarted(): void {
    for (const error of this.#steps.tellStarted()) this.#actor.send({ type: 'fail', error })
  }

  get #failures(): readonly unknown[] {
    return this.#actor.getSnapshot().context.errors.map(readableFailure)
  }

  /** Logs failures as they happen, except for the one that `start` rejects with. */
  #report(): void {
    const failures = this.#failures
    const kept = this.#hasStarted ? 0 : 1
    for (const error of failures.slice(Math.max(kept, this.#reported))) logFailure(error)
    this.#reported = failures.length
  }

  #end(exitCode: number): MaybePromise<number> {
    running.delete(this)
    for (const service of this.services) runningServices.delete(service)
    this.#announceStop(exitCode)
    if (!this.#leaving) return exitCode
    if (running.size > 0) {
      // The last kernel ends the process, and the failure of an earlier one must count then.
      if (exitCode !== 0) process.exitCode = exitCode
      return exitCode
    }
    // The process ends before anybody could learn that `start` has failed.
    if (!this.#hasStarted && this.#failures.length > 0) logFailure(this.#failures[0])
    endProcess(exitCode, stopIsAwaited && this.#hasStarted && this.#leaving === 'inOrder')
    // While the last things are written out, nobody is to take the end for a start that failed.
    return this.#hasStarted ? exitCode : new Promise(() => {})
  }

  /** A start that failed is reported by the rejection of `start` instead. */
  #announceStop(exitCode: number): void {
    if (this.#begunAt === undefined || (!this.#hasStarted && this.#failures.length > 0)) return
    const code = exitCode === 0 && this.#leaving ? Number(process.exitCode ?? 0) : exitCode
    const level = this.#ownsProcess ? 'info' : 'debug'
    const ran = this.#stopwatch.read() - this.#begunAt
    announceStop(summaryOf(this), { ran, drained: this.#steps.deadlines.elapsed, exitCode: code }, level)
  }
}

function logFailure(error: unknown): void {
  log.error('a hook or an adapter failed', { error })
}
