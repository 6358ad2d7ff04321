import type { Service } from '../actors/service.ts'
import type { Stopwatch } from '../stopwatch.ts'

/** Time that adapters get to close after the drain deadline, in milliseconds: until 28 s with the default. */
const closeAllowance = 3_000
/** Time that onStop hooks get, however long the rest has taken: until 29 s. */
const finishAllowance = closeAllowance + 1_000

/**
 * How many milliseconds each step of a stop has left. All of them count from the request, so that a stop that begins with
 * a delay ends no later than one without.
 */
export class Deadlines {
  readonly #services: readonly Service[]
  readonly #stopwatch: Stopwatch
  #askedAt: number | undefined

  constructor(services: readonly Service[], stopwatch: Stopwatch) {
    this.#services = services
    this.#stopwatch = stopwatch
  }

  /** Whether a stop begins with a delay. */
  get isDelayed(): boolean {
    return this.#stopDelay > 0
  }

  /** Milliseconds since the request; undefined before. */
  get elapsed(): number | undefined {
    return this.#askedAt === undefined ? undefined : this.#stopwatch.read() - this.#askedAt
  }

  delay(): number {
    return this.#left(this.#stopDelay)
  }

  drain(): number {
    return this.#left(this.#drainTimeout)
  }

  close(): number {
    return this.#left(this.#drainTimeout + closeAllowance)
  }

  finish(): number {
    return this.#left(this.#drainTimeout + finishAllowance)
  }

  get #stopDelay(): number {
    return Math.max(...this.#services.map(({ stopDelay }) => stopDelay))
  }

  get #drainTimeout(): number {
    return Math.max(...this.#services.map(({ drainTimeout }) => drainTimeout))
  }

  /** The first call is at the request. */
  #left(allowance: number): number {
    this.#askedAt ??= this.#stopwatch.read()
    return Math.max(0, allowance - (this.elapsed ?? 0))
  }
}
