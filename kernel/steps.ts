import { Actor } from './actor.ts'
import type { Adapter } from './adapter.ts'
import type { Bus } from './bus.ts'
import type { Clock } from './clock.ts'
import { TomodachiError } from './errors.ts'
import { getLogger } from './log/index.ts'
import type { AdapterContext } from './running.ts'
import type { Hooks, Service } from './service.ts'

/** After the drain deadline, time for adapters and onStop hooks to end, in milliseconds: 29 s with the default. */
const closeAllowance = 4_000
/** How long brokers may take to accept what is given back, in milliseconds. */
const releaseAllowance = 1_000

const log = getLogger('tomodachi.lifecycle')

/** What the lifecycle's steps do: the promises and the delays that the statechart asks for. */
export class LifecycleSteps {
  readonly #services: readonly Service[]
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #byAdapter = new Map<Adapter, Actor[]>()
  readonly #names = new Map<Adapter, string>()
  /** Start hooks and adapter starts that have not come to their end. */
  readonly #beginning = new Set<Promise<void>>()
  readonly #starts = new Map<Adapter, Promise<void>>()
  readonly #connected = new Set<Adapter>()
  #stopAskedAt: number | undefined
  #idle: (() => void) | undefined

  constructor(services: readonly Service[], bus: Bus, clock: Clock) {
    this.#services = services
    this.#bus = bus
    this.#clock = clock
  }

  get adapters(): readonly Adapter[] {
    return [...this.#byAdapter.keys()]
  }

  get actors(): readonly Actor[] {
    return [...this.#byAdapter.values()].flat()
  }

  /** Makes the actors. Throws `NO_HANDLERS` for a service that could never do anything. */
  prepare(): void {
    for (const { name, registrations, adapters } of this.#services) {
      if (registrations.length + adapters.length === 0)
        throw new TomodachiError('NO_HANDLERS', { service: name })
    }
    for (const adapter of adaptersOf(this.#services)) this.#actorsOf(adapter)
    const addresses = new Set<string>()
    for (const service of this.#services) {
      for (const registration of service.registrations) {
        const adapter = registration.source.adapter.origin ?? registration.source.adapter
        const actors = this.#actorsOf(adapter)
        const address = unique(`${this.#names.get(adapter)} ${registration.source.address}`, addresses)
        const actor = new Actor(registration, service, address, this.#bus, () => this.#becameIdle())
        this.#bus.route(actor)
        actors.push(actor)
      }
    }
  }

  async runStartHooks(): Promise<void> {
    await this.#begin(this.#hooks('onStart'))
  }

  /** All adapters start; one that fails strands no other. */
  async startAdapters(): Promise<void> {
    for (const adapter of this.adapters) this.#starts.set(adapter, this.#start(adapter))
    await this.#begin([...this.#starts.values()])
  }

  async runStartedHooks(): Promise<void> {
    await this.#begin(this.#hooks('onStarted'))
  }

  /**
   * Runs the onStopping hooks and pauses the adapters, at once. What the start began is waited for: a hook may hold
   * what onStop frees, and an adapter that connects late may have work by then.
   */
  async pauseAdapters(): Promise<void> {
    const beginning = [...this.#beginning]
    const pausing = [...this.#starts].map(async ([adapter, start]) => {
      if (!this.#connected.has(adapter)) await Promise.allSettled([start])
      if (this.#connected.has(adapter)) await adapter.pause()
    })
    await allOf([...this.#hooks('onStopping'), ...beginning, ...pausing])
  }

  /** Resolves when every delivery is finished. */
  async waitUntilIdle(): Promise<void> {
    const handlers = this.actors.reduce((sum, { current }) => sum + current, 0)
    if (handlers > 0) log.info('waiting for handlers to finish', { handlers })
    await this.#idleness()
  }

  /** Gives back what is not finished, and returns how much that was. */
  async releaseWork(): Promise<number> {
    let count = 0
    for (const actor of this.actors) count += actor.release('the drain deadline has passed')
    if (count > 0) log.error(new TomodachiError('WORK_ABANDONED', { count }).message, { count })
    let timer: unknown
    const allowance = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(resolve, releaseAllowance)
    })
    await Promise.race([this.#idleness(), allowance])
    this.#clock.clearTimeout(timer)
    return count
  }

  /** Closes every adapter whose start was called, once that start has come to its end. */
  async closeAdapters(): Promise<void> {
    const closing = [...this.#starts].map(async ([adapter, start]) => {
      await Promise.allSettled([start])
      await adapter.close()
    })
    await allOf(closing)
  }

  async runStopHooks(): Promise<void> {
    await allOf(this.#hooks('onStop'))
  }

  drainDeadline(): number {
    return this.#untilStopPlus(this.#drainTimeout)
  }

  closeDeadline(): number {
    return this.#untilStopPlus(this.#drainTimeout + closeAllowance)
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

  get #drainTimeout(): number {
    return Math.max(...this.#services.map(({ drainTimeout }) => drainTimeout))
  }

  #untilStopPlus(allowance: number): number {
    this.#stopAskedAt ??= this.#clock.now()
    const wait = Math.max(0, this.#stopAskedAt + allowance - this.#clock.now())
    // A longer timer, and so one without end, would fire at once.
    return Math.min(wait, 2 ** 31 - 1)
  }

  async #start(adapter: Adapter): Promise<void> {
    await adapter.start(this.#actorsOf(adapter), this.#bus.deliver, this.#bus)
    this.#connected.add(adapter)
  }

  #actorsOf(adapter: Adapter): Actor[] {
    let actors = this.#byAdapter.get(adapter)
    if (!actors) {
      actors = []
      this.#byAdapter.set(adapter, actors)
      this.#names.set(adapter, unique(adapter.name, new Set(this.#names.values())))
    }
    return actors
  }

  async #idleness(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#idle = resolve
      this.#becameIdle()
    })
  }

  #becameIdle(): void {
    if (this.#idle && this.actors.every(({ current }) => current === 0)) this.#idle()
  }

  #hooks(name: keyof Hooks): Promise<void>[] {
    return this.#services.map(async (service) => service[name]())
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

/** The adapters that services point at, each once, in the order of their first use. */
export function adaptersOf(services: readonly Service[]): ReadonlySet<Adapter> {
  const adapters = services.flatMap((service) => [
    ...service.adapters,
    ...service.registrations.map(({ source }) => source.adapter),
  ])
  return new Set(adapters.map((adapter) => adapter.origin ?? adapter))
}

/** The name, or the name with a number when it is taken. */
function unique(name: string, taken: Set<string>): string {
  let candidate = name
  for (let number = 2; taken.has(candidate); number++) candidate = `${name}#${number}`
  taken.add(candidate)
  return candidate
}

/** Waits for all; then fails with the first failure, after logging the others. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const [first, ...others] = results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => reason as unknown)
  for (const error of others) log.error('another failure at the same step', { error })
  if (results.some(({ status }) => status === 'rejected')) throw first
}
