import { Bag, outside, type Placed } from '../../kernel/adapter-kit.ts'
import type { Visibility } from './deleter.ts'
import { isLeaseLost } from './errors.ts'

/** The hold of this process on one message, while SQS hides it from others. */
export interface Lease extends Placed {
  readonly handle: string
  /** When it ends unless it is renewed, on the clock of `performance.now()`. */
  expires: number
  /** Called once when others may have the message. */
  lost(reason: string): void
}

/** Beats within a visibility timeout. */
const beats = 8

/**
 * Renews the leases of messages that are being handled. A message that is handled within half of its visibility timeout
 * costs no call.
 */
export class Heartbeat {
  readonly #leases = new Bag<Lease>()
  readonly #visibility: number
  readonly #renew: (change: Visibility) => Promise<void>
  #timer: NodeJS.Timeout | undefined

  /** `visibilityTimeout` in seconds; with 0 there is nothing to be renewed. */
  constructor(visibilityTimeout: number, renew: (change: Visibility) => Promise<void>) {
    this.#visibility = visibilityTimeout
    this.#renew = renew
  }

  add(lease: Lease): void {
    if (this.#visibility === 0) return
    this.#leases.add(lease)
    this.#timer ??= outside(() => setInterval(() => this.#beat(), this.#beatLength))
  }

  remove(lease: Lease): void {
    this.#leases.delete(lease)
    if (this.#leases.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  close(): void {
    for (const lease of this.#leases) this.#leases.delete(lease)
    clearInterval(this.#timer)
  }

  get #beatLength(): number {
    return (this.#visibility * 1_000) / beats
  }

  #beat(): void {
    const now = performance.now()
    for (const lease of this.#leases) {
      // At the next beat others might have the message already.
      if (lease.expires - now <= this.#beatLength) this.#lose(lease, 'its visibility timeout passes')
      else if (lease.expires - now <= this.#visibility * 500) this.#prolong(lease, now)
    }
  }

  #prolong(lease: Lease, now: number): void {
    this.#renew({ handle: lease.handle, seconds: this.#visibility }).then(
      () => {
        lease.expires = Math.max(lease.expires, now + this.#visibility * 1_000)
      },
      (error: unknown) => {
        // Anything else is tried again at the next beat.
        if (isLeaseLost((error as Error).name)) this.#lose(lease, 'its receipt handle is not valid any more')
      },
    )
  }

  #lose(lease: Lease, reason: string): void {
    if (lease.place < 0) return
    this.remove(lease)
    lease.lost(reason)
  }
}
