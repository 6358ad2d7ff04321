import { outside } from '../../async-context.ts'
import { Bag, type Placed } from '../../bag.ts'
import { letGo } from '../../promise.ts'

/** The hold of this process on one message. */
export interface Lease extends Placed {
  /** When others may have the message unless it is renewed, on the clock of `performance.now()`. */
  expires: number
  /** When it ends although it is renewed, on the same clock. */
  readonly ends: number
  /** Renews it for so many milliseconds from now. Resolves with whether it is still ours. */
  renew(milliseconds: number): Promise<boolean>
  lose(reason: string): void
}

/** Looks within the length of a lease. */
const beats = 8
/** Most milliseconds between them: a lease may be given up so much too early. */
const longestBeat = 10_000

const passed = 'its time has passed'
const ended = 'the broker cannot hide it any longer, so it is handed out again'

/** Renews leases whose half has passed, and says which are lost. A message that is handled sooner costs no call. */
export class Leases {
  readonly #leases = new Bag<Lease>()
  readonly #length: number
  readonly #beatLength: number
  #timer: NodeJS.Timeout | undefined

  /** `length` in milliseconds. */
  constructor(length: number) {
    this.#length = length
    this.#beatLength = Math.min(length / beats, longestBeat)
  }

  add(lease: Lease): void {
    this.#leases.add(lease)
    this.#timer ??= outside(() => setInterval(() => this.#beat(), this.#beatLength))
  }

  get size(): number {
    return this.#leases.size
  }

  remove(lease: Lease): void {
    this.#leases.delete(lease)
    if (this.#leases.size === 0) this.close()
  }

  /** Renews none any more. */
  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #beat(): void {
    const now = performance.now()
    for (const lease of this.#leases) {
      const left = lease.expires - now
      // At the next beat others might have the message already.
      if (left <= this.#beatLength) this.#lose(lease, lease.expires < lease.ends ? passed : ended)
      else if (left <= this.#length / 2 && lease.expires < lease.ends) this.#renew(lease, now)
    }
  }

  #renew(lease: Lease, now: number): void {
    const granted = Math.min(this.#length, lease.ends - now)
    const renewing = async () => {
      if (await lease.renew(granted)) lease.expires = Math.max(lease.expires, now + granted)
      else this.#lose(lease, 'the broker does not know of it')
    }
    // What has failed is tried again at the next beat.
    letGo(renewing())
  }

  #lose(lease: Lease, reason: string): void {
    if (lease.place < 0) return
    this.remove(lease)
    lease.lose(reason)
  }
}
