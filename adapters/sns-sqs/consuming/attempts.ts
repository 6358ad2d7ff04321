import type { Received } from '../wire/received.ts'

const mostRemembered = 10_000

/**
 * SQS counts every receive, a message that was given back unhandled included. This process knows which of them were its
 * own, and does not count those as attempts.
 */
export class Attempts {
  readonly #uncounted = new Map<string, number>()

  of({ sqsMessageId, receiveCount }: Received): number {
    return Math.max(1, receiveCount - (this.#uncounted.get(sqsMessageId) ?? 0))
  }

  /** The message has been given back unhandled. */
  released({ sqsMessageId }: Received): void {
    this.#uncounted.set(sqsMessageId, (this.#uncounted.get(sqsMessageId) ?? 0) + 1)
    if (this.#uncounted.size <= mostRemembered) return
    const [oldest = ''] = this.#uncounted.keys()
    this.#uncounted.delete(oldest)
  }

  /** The message is done with. */
  forget({ sqsMessageId }: Received): void {
    this.#uncounted.delete(sqsMessageId)
  }
}
