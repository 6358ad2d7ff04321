import { AsyncLocalStorage, type AsyncResource } from 'node:async_hooks'
import type { Envelope } from '../../envelopes/index.ts'
import type { MaybePromise } from '../promise.ts'
import type { Actor } from './actor.ts'
import type { Place } from './mailbox.ts'
import type { Passage } from './passage.ts'
import type { Settlement } from './settlement.ts'

/** Told once how a delivery ended. Until its promise resolves, the delivery counts as unfinished work. */
export type Settle<Reply = unknown> = (settlement: Settlement<Reply>) => MaybePromise<void>

/** One envelope on its way through one actor. */
export class Delivery {
  readonly envelope: Envelope
  readonly actor: Actor
  /** When it was received, in milliseconds of `performance.now()`; 0 while nobody watches deliveries. */
  receivedAt = 0
  /** True from the moment at which middleware and handler run. */
  started = false
  /** True while middleware and handler run, even when the delivery has been cancelled meanwhile. */
  running = false
  /** True from the moment at which the payload has been prepared, and middleware and handler are entered. */
  handled = false
  /** True once the transport has been told of the settlement. */
  told = false
  /** Deliveries of the same key run one after the other; undefined when there is no order. */
  orderKey: unknown
  /** Where it waits, while it does. */
  place: Place<Delivery> | undefined
  /** The async context in which it was received, while it waits, where it runs in that. */
  asyncContext: AsyncResource | undefined
  /** Its way through the middleware; undefined where there is none, and until that is entered. */
  passage: Passage | undefined
  /** Undefined until the delivery has been settled. */
  settlement: Settlement | undefined
  /** For `Unfinished` alone. */
  listed = false
  preceding: Delivery | undefined
  following: Delivery | undefined
  readonly #settle: Settle
  #abort: AbortController | undefined
  /** Runs what listens for the abort in the context of whoever first asked for the signal. */
  #listening: ((abort: () => void) => void) | undefined
  #cancelled: DOMException | undefined

  constructor(envelope: Envelope, actor: Actor, settle: Settle) {
    this.envelope = envelope
    this.actor = actor
    this.#settle = settle
  }

  /** Aborts when the delivery is cancelled or abandoned. Made when first read. */
  get signal(): AbortSignal {
    if (this.#abort) return this.#abort.signal
    this.#abort = new AbortController()
    if (this.#cancelled !== undefined) this.#abort.abort(this.#cancelled)
    else this.#listening = AsyncLocalStorage.snapshot()
    return this.#abort.signal
  }

  /**
   * Takes the delivery away from its handler: it is released, its signal aborts, and whatever the handler still
   * returns or throws is ignored. Does nothing once settled. Use it when the lease or the channel is lost.
   */
  cancel(reason: string): void {
    if (this.settlement) return
    this.#cancelled ??= new DOMException(reason, 'AbortError')
    this.actor.settle(this, { state: 'released', failed: false, after: 0, reason })
    this.#aborted()
  }

  /**
   * Tells the handler that nobody waits for its outcome any more: its signal aborts. The handler goes on and settles the
   * delivery as ever; one that has not started is cancelled. Use it when whoever asked has gone.
   */
  abandon(reason: string): void {
    if (!this.started) return this.cancel(reason)
    if (this.settlement) return
    this.#cancelled ??= new DOMException(reason, 'AbortError')
    this.#aborted()
  }

  #aborted(): void {
    this.#listening?.(() => this.#abort?.abort(this.#cancelled))
  }

  /** For the actor alone: keeps the settlement, the first time, and tells the adapter. */
  conclude(settlement: Settlement): MaybePromise<void> {
    this.settlement = settlement
    return this.#settle(settlement)
  }
}
