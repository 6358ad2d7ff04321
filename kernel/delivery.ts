import type { Envelope } from '../envelopes/index.ts'
import type { Actor } from './actor.ts'
import type { MaybePromise, Settlement } from './settlement.ts'

/** Told once how a delivery ended. Until its promise resolves, the delivery counts as unfinished work. */
export type Settle<Reply = unknown> = (settlement: Settlement<Reply>) => MaybePromise<void>

/** One envelope on its way through one actor. */
export class Delivery {
  readonly envelope: Envelope
  readonly actor: Actor
  /** When it was received, in milliseconds of `performance.now()`. */
  readonly receivedAt = performance.now()
  /** True from the moment at which middleware and handler run. */
  started = false
  /** Deliveries of the same key run one after the other; undefined when there is no order. */
  orderKey: unknown
  /** Undefined until the delivery has been settled. */
  settlement: Settlement | undefined
  readonly #settle: Settle
  #abort: AbortController | undefined

  constructor(envelope: Envelope, actor: Actor, settle: Settle) {
    this.envelope = envelope
    this.actor = actor
    this.#settle = settle
  }

  /** Aborts when the delivery is cancelled. Made when first read. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.settlement?.state === 'released' && !this.settlement.failed)
      this.#abort.abort(this.settlement.reason)
    return this.#abort.signal
  }

  /**
   * Takes the delivery away from its handler: it is released, its signal aborts, and whatever the handler still
   * returns or throws is ignored. Does nothing once settled. Use it when the lease or the channel is lost.
   */
  cancel(reason: string): void {
    this.actor.settle(this, { state: 'released', failed: false, after: 0, reason })
    if (this.settlement?.state === 'released') this.#abort?.abort(new DOMException(reason, 'AbortError'))
  }

  /** For the actor alone: keeps the settlement, the first time, and tells the adapter. */
  conclude(settlement: Settlement): MaybePromise<void> {
    this.settlement = settlement
    return this.#settle(settlement)
  }
}
