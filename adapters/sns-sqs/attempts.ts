import type { Settlement } from '../../kernel/index.ts'
import type { Received } from './message.ts'

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

  note({ sqsMessageId }: Received, settlement: Settlement): void {
    if (settlement.state !== 'released') {
      this.#uncounted.delete(sqsMessageId)
      return
    }
    if (settlement.failed) return
    this.#uncounted.set(sqsMessageId, (this.#uncounted.get(sqsMessageId) ?? 0) + 1)
    if (this.#uncounted.size <= mostRemembered) return
    const [oldest = ''] = this.#uncounted.keys()
    this.#uncounted.delete(oldest)
  }
}
