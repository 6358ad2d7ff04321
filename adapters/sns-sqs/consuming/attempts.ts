import type { Received } from '../wire/received.ts'

const mostRemembered = 10_000

/**
 * SQS counts every receive. This process remembers which messages it gave back unhandled, and does not count those
 * receives as attempts.
 */
export class Attempts {
  readonly #uncounted = new Map<string, number>()

  of({ sqsMessageId, receiveCount }: Received): number {
    return Math.max(1, receiveCount - (this.#uncounted.get(sqsMessageId) ?? 0))
  }

  /** Call it when a message has been given back unhandled. */
  released({ sqsMessageId }: Received): void {
    this.#uncounted.set(sqsMessageId, (this.#uncounted.get(sqsMessageId) ?? 0) + 1)
    if (this.#uncounted.size <= mostRemembered) return
    const [oldest = ''] = this.#uncounted.keys()
    this.#uncounted.delete(oldest)
  }

  /** Call it when a message is settled. */
  forget({ sqsMessageId }: Received): void {
    this.#uncounted.delete(sqsMessageId)
  }
}
