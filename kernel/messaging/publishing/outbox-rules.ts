import { TomodachiError } from '../../errors.ts'
import type { SendLimits } from '../broker/sending.ts'

/** How messages are sent, and what those end in that are not. */
export interface OutboxRules {
  readonly limits: SendLimits
  /** Messages that may be under way; others fill the last call up where `limits` say how many that takes. */
  readonly window: number
  /** Messages that may wait. Default: any number. */
  readonly queue?: number
  /** How long a message may take, waiting included, in milliseconds. */
  readonly patience: number
  isPassing(error: unknown): boolean
  /** The error of a message that finds the queue full. */
  overflow?(subject: string, waiting: number): unknown
  /** The error of one that has run out of patience, and why it took so long. */
  expired(subject: string, reason: string): unknown
}

/** The rules of a bus. Errors are `PUBLISH_OVERFLOW` and `PUBLISH_TIMEOUT`. */
export function outboxRules(
  broker: { isPassing?(error: unknown): boolean },
  limits: SendLimits,
  options: {
    readonly publishWindow: number
    readonly publishQueue: number
    readonly publishTimeout: number
  },
): OutboxRules {
  const { publishWindow: window, publishQueue: queue, publishTimeout: patience } = options
  return {
    limits,
    window,
    queue,
    patience,
    isPassing: (error) => broker.isPassing?.(error) ?? false,
    overflow: (topic, waiting) => new TomodachiError('PUBLISH_OVERFLOW', { topic, waiting }),
    expired: (topic, reason) =>
      new TomodachiError('PUBLISH_TIMEOUT', { topic, milliseconds: patience, reason }),
  }
}
