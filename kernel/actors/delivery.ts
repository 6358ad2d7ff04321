import type { Envelope } from '../../envelopes/index.ts'
import type { MaybePromise } from '../promise.ts'
import type { Actor } from './actor.ts'
import type { Settlement } from './settlement.ts'

/** One envelope on its way through one actor. */
export interface Delivery {
  readonly envelope: Envelope
  readonly actor: Actor
  /** When it was received, in milliseconds of `performance.now()`; 0 when nobody watched deliveries then. */
  readonly receivedAt: number
  /** When middleware and handler began to run; 0 until then, and when nobody watched deliveries then. */
  readonly startedAt: number
  /** True from the moment at which middleware and handler run. */
  readonly started: boolean
  /** Undefined until the delivery has been settled. */
  readonly settlement: Settlement | undefined
  /** What identifies it and its trace, as all that is logged about it says: `messageId`, `attempt`, `trace_id`. */
  readonly logFields: Readonly<Record<string, unknown>>
}

/** A delivery in the hands of the adapter that made it, which may take it back. */
export interface CancellableDelivery extends Delivery {
  /**
   * Takes the delivery away from its handler: it is released, its signal aborts, and whatever the handler still returns
   * or throws is ignored. Has no effect once it is settled. Use it when the lease or the channel is lost.
   */
  cancel(reason: string): void
  /**
   * Tells the handler that nobody waits for its outcome any longer: its signal aborts. The handler goes on and settles
   * the delivery as usual; a delivery that has not started is cancelled. Use it when the caller has gone.
   */
  abandon(reason: string): void
}

/**
 * Called once with how a delivery ended, even before `deliver` has returned it. Until its promise resolves, the delivery
 * counts as unfinished work.
 */
export type Settle<Reply = unknown> = (
  settlement: Settlement<Reply>,
  delivery: CancellableDelivery,
) => MaybePromise<void>
