import type { Adapter, AdapterProblem } from '../actors/adapter.ts'
import type { Bus } from '../actors/bus.ts'
import { HandlerActor } from '../actors/handling/handler-actor.ts'
import type { Hooks } from '../actors/hooks.ts'
import { combined } from '../actors/instrument.ts'
import type { Service } from '../actors/service.ts'
import { outside } from '../async-context.ts'
import { hasCode, TomodachiError } from '../errors.ts'
import { getLogger } from '../log/index.ts'
import { redactText } from '../log/secrets/redact.ts'
import { spawn } from '../log/spawn.ts'
import { letGo } from '../promise.ts'
import type { Stopwatch } from '../stopwatch.ts'
import { adaptersOf } from './adapters-of.ts'
import { allOf } from './all-of.ts'
import { Deadlines } from './deadlines.ts'
import { Drain } from './drain.ts'
import { Names } from './names.ts'
import type { AdapterContext } from './process/process-registry.ts'
import { surroundings } from './surroundings.ts'

/** The kernel that started an adapter last: an earlier one must not end what this one runs. */
const latestStarts = new WeakMap<Adapter, LifecycleSteps>()

type CallHooks = (name: keyof Hooks) => Promise<void>[]

/** The steps of the lifecycle: the promises and delays that the statechart asks for. */
export class LifecycleSteps {
  readonly #services: readonly Service[]
  readonly #bus: Bus
  readonly #hooks: CallHooks
  readonly #byAdapter = new Map<Adapter, HandlerActor[]>()
  readonly #names = new Map<Adapter, string>()
  readonly #adapterNames = new Names()
  /** Start hooks and adapter starts that have not ended. */
  readonly #beginning = new Set<Promise<void>>()
  readonly #starts = new Map<Adapter, Promise<void>>()
  /** For the starts that have not ended. */
  readonly #stopsWhileStarting = new Set<AbortController>()
  readonly #connected = new Set<Adapter>()
  readonly #drain: Drain
  readonly deadlines: Deadlines
  /** The onStopping hooks, once they were called. */
  #stoppingHooks: readonly Promise<void>[] | undefined
  #closing = false

  constructor(services: readonly Service[], bus: Bus, stopwatch: Stopwatch, hooks: CallHooks) {
    this.#services = services
    this.#bus = bus
    this.#hooks = hooks
    this.#drain = new Drain(this, stopwatch)
    this.deadlines = new Deadlines(services, stopwatch)
  }

  get adapters(): readonly Adapter[] {
    return [...this.#byAdapter.keys()]
  }

  get actors(): readonly HandlerActor[] {
    return [...this.#byAdapter.values()].flat()
  }

  /** The adapters that have started. */
  get connected(): ReadonlySet<Adapter> {
    return this.#connected
  }

  /** What does not work of the adapters. What is said about it is for health reports, so it has no secrets. */
  get problems(): readonly AdapterProblem[] {
    return [...this.#names].flatMap(([{ problems = [] }, adapter]) =>
      problems.map((problem) => ({ adapter, ...problem, reason: redactText(problem.reason) })),
    )
  }

  /**
   * Makes the actors, and takes `others` beside the adapters of the services. Throws `NO_HANDLERS` for a service that
   * could never do anything.
   */
  prepare(others: readonly Adapter[] = []): void {
    for (const { name, registrations, adapters } of this.#services) {
      if (registrations.length + adapters.length === 0)
        throw new TomodachiError('NO_HANDLERS', { service: name })
    }
    for (const adapter of adaptersOf(this.#services, others)) this.#actorsOf(adapter)
    this.#bus.instrument = combined(this.adapters.flatMap(({ instrument = [] }) => instrument))
    const addresses = new Names()
    for (const service of this.#services) {
      for (const registration of service.registrations) {
        const adapter = registration.source.adapter.origin ?? registration.source.adapter
        const actors = this.#actorsOf(adapter)
        const address = addresses.unique(`${this.#names.get(adapter)} ${registration.source.address}`)
        const actor = new HandlerActor(registration, service, address, this.#bus, this.#drain)
        this.#bus.route(actor)
        actors.push(actor)
      }
    }
  }

  async runStartHooks(): Promise<void> {
    await this.#begin(this.#hooks('onStart'))
  }

  /** Starts all adapters; a failure of one does not stop the others. */
  async startAdapters(): Promise<void> {
    for (const adapter of this.adapters) {
      latestStarts.set(adapter, this)
      this.#starts.set(adapter, this.#start(adapter))
    }
    await this.#begin([...this.#starts.values()])
  }

  async runStartedHooks(): Promise<void> {
    await this.#begin(this.#hooks('onStarted'))
  }

  /** Tells every adapter that all have started. Returns what they throw. */
  tellStarted(): unknown[] {
    const errors: unknown[] = []
    for (const adapter of this.adapters) {
      try {
        adapter.started?.()
      } catch (error) {
        errors.push(error)
      }
    }
    return errors
  }

  /** Runs the onStopping hooks, though the adapters go on for a while. `pauseAdapters` rejects with what they throw. */
  async announceStop(): Promise<void> {
    this.#stoppingHooks = this.#hooks('onStopping')
    for (const hook of this.#stoppingHooks) letGo(hook)
    const milliseconds = Math.round(this.deadlines.delay())
    getLogger('tomodachi.lifecycle').info('not ready any more; work is still accepted', { milliseconds })
  }

  /**
   * Ends starts that still go on, runs the onStopping hooks unless they were, and pauses the adapters, at once. Then waits for what
   * the start began: a hook may hold what onStop frees, and a late adapter may have work by then.
   */
  async pauseAdapters(): Promise<void> {
    outside(() => {
      const reason = new TomodachiError('STOPPED_WHILE_STARTING', {})
      for (const stop of this.#stopsWhileStarting) stop.abort(reason)
    })
    const beginning = [...this.#beginning].map((work) => work.catch(unlessStopped))
    const pausing = [...this.#starts].map(async ([adapter, start]) => {
      if (!this.#connected.has(adapter)) await Promise.allSettled([start])
      // An adapter that connects after the drain deadline may be closed by now, and run again.
      if (this.#connected.has(adapter) && !this.#closing && this.#isLatest(adapter)) await adapter.pause()
    })
    await allOf([...(this.#stoppingHooks ?? this.#hooks('onStopping')), ...beginning, ...pausing])
  }

  /** Resolves when all deliveries are finished, and all work that adapters have begun themselves. */
  async waitUntilIdle(): Promise<void> {
    await this.#drain.wait()
  }

  /** Gives back what is not finished. Returns how much that was. */
  async releaseWork(): Promise<number> {
    return this.#drain.release()
  }

  /**
   * Closes every adapter whose start was called. A start that still goes on may never end, so its adapter is closed
   * at once, and again should the start end, unless another kernel has started the adapter by then.
   */
  async closeAdapters(): Promise<void> {
    this.#closing = true
    const closing = [...this.#starts].map(async ([adapter, start]) => {
      if (this.#beginning.has(start)) {
        const closeAgain = async () => {
          if (this.#isLatest(adapter)) await adapter.close()
        }
        const ended = () => spawn(`closing ${adapter.name} after its start`, closeAgain)
        start.then(ended, ended)
      }
      await adapter.close()
    })
    await allOf(closing)
  }

  async runStopHooks(): Promise<void> {
    await allOf(this.#hooks('onStop'))
  }

  adapterContexts(): Record<string, AdapterContext> {
    const contexts: Record<string, AdapterContext> = {}
    for (const [adapter, actors] of this.#byAdapter) {
      const currentTasks = actors.reduce((sum, actor) => sum + actor.current, 0)
      const totalTasks = actors.reduce((sum, actor) => sum + actor.total, 0)
      contexts[this.#names.get(adapter) as string] = {
        enabled: this.#connected.has(adapter),
        currentTasks,
        totalTasks,
      }
    }
    return contexts
  }

  async #start(adapter: Adapter): Promise<void> {
    const stop = new AbortController()
    this.#stopsWhileStarting.add(stop)
    try {
      const { signal } = stop
      const given = {
        actors: this.#actorsOf(adapter),
        signal,
        ...surroundings(adapter, this.#services, this.#bus),
      }
      // What it opens outlives the call of `run` and is shared by everything that comes in.
      await outside(() => adapter.start(given))
      this.#connected.add(adapter)
    } finally {
      this.#stopsWhileStarting.delete(stop)
    }
  }

  #isLatest(adapter: Adapter): boolean {
    return latestStarts.get(adapter) === this
  }

  #actorsOf(adapter: Adapter): HandlerActor[] {
    let actors = this.#byAdapter.get(adapter)
    if (!actors) {
      actors = []
      this.#byAdapter.set(adapter, actors)
      this.#names.set(adapter, this.#adapterNames.unique(adapter.name))
    }
    return actors
  }

  async #begin(work: readonly Promise<void>[]): Promise<void> {
    for (const promise of work) {
      this.#beginning.add(promise)
      const ended = () => this.#beginning.delete(promise)
      promise.then(ended, ended)
    }
    await allOf(work)
  }
}

/** A start that ends because of the stop has not failed. */
function unlessStopped(error: unknown): void {
  if (!hasCode(error, 'STOPPED_WHILE_STARTING')) throw error
}
