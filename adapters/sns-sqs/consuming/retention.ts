import type { Received } from '../wire/received.ts'

const margin = 43_200_000

/**
 * The longest time that a message may wait for its next attempt, in milliseconds. SQS deletes a message once it is as
 * old as the queue's retention, given in seconds, also while it is hidden. 12 hours are left for the attempt, or half of
 * the time if it is short.
 */
export function longestWait({ message }: Pick<Received, 'message'>, retention: number): number {
  const left = Number(message.Attributes?.SentTimestamp) + retention * 1_000 - Date.now()
  // Some servers do not say when a message was sent. If it is too old to be here, the clocks differ.
  return left > 0 ? Math.max(left - margin, left / 2) : Number.POSITIVE_INFINITY
}
