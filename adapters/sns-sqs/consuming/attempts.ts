import type { SnsSqsSource } from '../sources/source.ts'
import type { Received } from '../wire/received.ts'

type Limits = SnsSqsSource['retry']

const mostRemembered = 10_000

/** Receives of a message that this process knows the end of. */
interface Known {
  /** Given back unhandled. */
  readonly released: number
  /** Failed, and to be tried again. */
  readonly failed: number
  /** When the next attempt is due, on the clock of `performance`. */
  readonly due: number
}

const nothing: Known = { released: 0, failed: 0, due: 0 }

/**
 * SQS counts every receive. This process remembers which messages it gave back unhandled, and does not count those
 * receives as attempts. It remembers failures, too: some servers with the API of SQS do not say how many receives there
 * were.
 */
export class Attempts {
  readonly #known = new Map<string, Known>()

  of(received: Received): number {
    const { released, failed } = this.#of(received)
    return Math.max(failed + 1, received.receiveCount - released)
  }

  /**
   * How many receives have ended without a settlement. Another process may have seen failures, so nothing is said while
   * all of them fit into the attempts that a message has.
   */
  redeliveries(received: Received, attempts: number): number {
    const receives = this.of(received)
    return receives > attempts ? Math.max(0, receives - 1 - this.#of(received).failed) : 0
  }

  /** Call it when a message has been given back unhandled. */
  released(received: Received): void {
    const known = this.#of(received)
    this.#remember(received, { ...known, released: known.released + 1 })
  }

  /** Call it when a message is given back for another attempt. Give `due` if SQS cannot hide it for so long. */
  failed(received: Received, due = 0): void {
    const { released, failed } = this.#of(received)
    this.#remember(received, { released, failed: failed + 1, due })
  }

  /** Milliseconds until the next attempt, of a message that comes too early. */
  waitLeft(received: Received): number {
    return this.#known.size === 0 ? 0 : Math.max(0, this.#of(received).due - performance.now())
  }

  /**
   * Whether a message may be hidden once more before its attempt. SQS counts that as a receive, and another process, or
   * this one after a restart, takes it for an attempt. There, too, a failure of the coming attempt must not be the last
   * too soon, and all attempts that are left must be made, before the message counts as redelivered too often or SQS
   * moves it away.
   */
  canWait(received: Received, { attempts, redeliveries }: Limits, maxReceiveCount: number): boolean {
    const next = received.receiveCount + 1
    const left = Math.max(0, attempts - this.of(received))
    if (left > 0 && next >= attempts) return false
    // Endless attempts have no last one.
    const last = attempts === Number.POSITIVE_INFINITY ? next : next + left
    return last <= maxReceiveCount && (last <= attempts || last - 1 <= redeliveries)
  }

  /** Call it when a message is settled. */
  forget({ sqsMessageId }: Received): void {
    this.#known.delete(sqsMessageId)
  }

  #of({ sqsMessageId }: Received): Known {
    return this.#known.get(sqsMessageId) ?? nothing
  }

  #remember({ sqsMessageId }: Received, known: Known): void {
    this.#known.set(sqsMessageId, known)
    if (this.#known.size <= mostRemembered) return
    const [oldest = ''] = this.#known.keys()
    this.#known.delete(oldest)
  }
}
