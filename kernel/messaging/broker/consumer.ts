import type { MaybePromise } from '../../promise.ts'
import type { Encoded } from '../topics/messages.ts'

/** A reply: a message, or the reason why there is none. */
export type Replied = Encoded | { readonly failure: string }

/** What keeps a consumer from getting messages. */
export interface Failure {
  readonly error: unknown
  readonly since: Date
}

/** How a consumer was found. */
export interface Looked {
  /** Whether the broker knows it. */
  readonly attached: boolean
  /** How many messages wait for it: none for a standby, while another consumer is to have them all. */
  readonly waiting: number
  /**
   * Why messages do not come into the queue, such as an exchange that is missing. The consumer goes on with what is in
   * the queue, but it is not ready as long as there is a fault.
   */
  readonly fault?: unknown
}

/**
 * A queue that is being consumed. Each message that was handed over is settled by one call of `ack`, `release`, `retry`
 * or `setAside`, unless it is lost. A throw counts as a rejection. Without `lease`, all messages are lost when the
 * consumer goes or its link is lost. With `lease`, a message is lost when its lease ends; if the queue has no consumer
 * when a message is to be settled, the next consumer settles it, even one on another link. So a handle identifies both
 * the message and this hold on it, as a receipt does: once another consumer holds the message, the handle has no
 * effect.
 */
export interface Consumer<Handle = unknown> {
  /**
   * Removes a message that is done. A rejection of `ack` or `release` is logged; the message comes again when its lease
   * or link ends.
   */
  ack(handle: Handle): MaybePromise<void>
  /**
   * Returns a message to its queue without counting this try. `close` is called once every release has settled, so a
   * release that needs several steps is safe as long as its promise covers them all.
   */
  release(handle: Handle): MaybePromise<void>
  /**
   * Hands a message out again after a wait in milliseconds (0.5 and Infinity are possible) as attempt number `attempt`,
   * without holding anything else up. Resolves when the broker has taken care of it. A rejection is logged, and the
   * message is released after a hold-back.
   */
  retry(handle: Handle, after: number, attempt: number): MaybePromise<void>
  /**
   * Puts a copy of a message, with these headers added to its own, into the dead-letter queue. Resolves when the broker
   * has the copy and the message is off its queue. A rejection is logged, and the message is released after a
   * hold-back.
   */
  setAside(handle: Handle, headers: Readonly<Record<string, unknown>>): MaybePromise<void>
  /**
   * Answers the requester. Resolves when the broker has the answer; a rejection is treated like a rejection of
   * `setAside`.
   */
  reply?(handle: Handle, reply: Replied): Promise<void>
  /**
   * How long a message stays hidden from other consumers unless `renew` renews it, in milliseconds. If absent, as long
   * as the link lives.
   */
  readonly lease?: number
  /** How long a message can be hidden in all, in milliseconds. Then its lease ends. Default: as long as it is renewed. */
  readonly longestLease?: number
  /**
   * Renews a lease for so many milliseconds from now: `lease`, or what is left of `longestLease`. Resolves with true if
   * the message is still hidden from other consumers, else false. After a rejection it is tried again.
   */
  renew?(handle: Handle, milliseconds: number): Promise<boolean>
  /**
   * Tells the consumer that there is more room. Called for each message that is settled, also within `take`. Take new
   * messages in a later turn of the event loop: taken at once, they would overtake others, and a message that keeps
   * failing would keep timers and sockets waiting.
   */
  more?(): void
  /** Why the consumer gets no messages though it tries to, and since when; undefined while it gets them, or would. */
  readonly failure?: Failure | undefined
  /**
   * Looks after the consumer, now and then: see `Looked`. A consumer that the broker does not know, or that gets none
   * of the waiting messages, is replaced; so is one whose `look` rejects.
   */
  look?(): Promise<Looked>
  /**
   * Gives the consumer up while its link lives, together with the messages it holds; another one is then started. If
   * absent, `stop` is called.
   */
  abandon?(): void
  /**
   * Stops taking messages, at once. Messages that were taken can still be settled, and any that arrive later are
   * released. If it returns a promise, that resolves when no message can arrive any more. Until then nothing is released,
   * because this consumer might get it again; the drain does not wait for that, but the close does.
   */
  stop(): MaybePromise<void>
  /**
   * Resolves when none of its work is under way and its private queue is gone. Called once, after everything was given
   * back, but not after a loss of its link.
   */
  close?(): Promise<void>
}
