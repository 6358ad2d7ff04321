import type { Adapter } from '../actors/adapter.ts'
import type { HandlerActor } from '../actors/handling/handler-actor.ts'
import { TomodachiError } from '../errors.ts'
import { getLogger } from '../log/index.ts'
import type { Stopwatch } from '../stopwatch.ts'
import { allOf } from './all-of.ts'

/** How long brokers may take to accept what is given back to them, in milliseconds. */
const releaseAllowance = 1_000

const log = getLogger('tomodachi.lifecycle')

/** The work that a stop waits for: deliveries, and work that adapters have begun themselves. */
export interface Work {
  readonly actors: readonly HandlerActor[]
  /** The adapters that have started. */
  readonly connected: ReadonlySet<Adapter>
}

/** Waits for work to finish, and gives up what does not finish in time. */
export class Drain {
  readonly #work: Work
  readonly #stopwatch: Stopwatch
  /** Adapters whose own work is being waited for. */
  readonly #busy = new Set<Adapter>()
  #idle: (() => void) | undefined
  #known: readonly HandlerActor[] | undefined
  /** Where a busy actor was last found. */
  #place = 0

  constructor(work: Work, stopwatch: Stopwatch) {
    this.#work = work
    this.#stopwatch = stopwatch
  }

  /** Actors call it when one of them has nothing left to do. */
  becameIdle(): void {
    if (this.#idle && this.#isIdle()) this.#idle()
  }

  /** Resolves when every delivery and all work of adapters is finished. */
  async wait(): Promise<void> {
    const handlers = this.#actors.reduce((sum, { current }) => sum + current, 0)
    if (handlers > 0) log.info('waiting for handlers to finish', { handlers })
    await this.#everythingFinished()
  }

  /** Gives back the unfinished deliveries. Returns how much work was abandoned, including the adapters' own. */
  async release(): Promise<number> {
    let count = 0
    for (const actor of this.#actors) count += actor.release('the drain deadline has passed')
    if (count > 0) log.error(new TomodachiError('WORK_ABANDONED', { count }).message, { count })
    let timer: unknown
    const allowance = new Promise<void>((resolve) => {
      timer = this.#stopwatch.setTimeout(resolve, releaseAllowance)
    })
    try {
      // Adapters are asked at once too: a handler that ignores its signal must not hide their unfinished work.
      await Promise.race([allOf([this.#everythingFinished(), this.#adaptersFinished()]), allowance])
    } finally {
      this.#stopwatch.clearTimeout(timer)
    }
    for (const { name: adapter } of this.#busy)
      log.error(new TomodachiError('WORK_UNFINISHED', { adapter }).message, { adapter })
    return count + this.#busy.size
  }

  /**
   * A handler may begin work of an adapter, and the end of that work may lead to a delivery; so it waits until both
   * are idle.
   */
  async #everythingFinished(): Promise<void> {
    do {
      await this.#handlersFinished()
      await this.#adaptersFinished()
    } while (!this.#isIdle())
  }

  async #handlersFinished(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#idle = resolve
      this.becameIdle()
    })
  }

  async #adaptersFinished(): Promise<void> {
    const waiting = [...this.#work.connected].map(async (adapter) => {
      if (!adapter.idle) return
      this.#busy.add(adapter)
      try {
        await adapter.idle()
      } finally {
        this.#busy.delete(adapter)
      }
    })
    await allOf(waiting)
  }

  /** The actors, which are made once, before anything starts. */
  get #actors(): readonly HandlerActor[] {
    this.#known ??= this.#work.actors
    return this.#known
  }

  /**
   * Continues where it last found a busy actor: when thousands become idle, it must not look at thousands each
   * time.
   */
  #isIdle(): boolean {
    const actors = this.#actors
    for (let { length: left } = actors; left > 0; left--) {
      if (actors[this.#place]?.current !== 0) return false
      this.#place = (this.#place + 1) % actors.length
    }
    return true
  }
}
