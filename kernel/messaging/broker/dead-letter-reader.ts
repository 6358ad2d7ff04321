import type { Payload } from '../../../envelopes/index.ts'
import type { MaybePromise } from '../../promise.ts'

/** A dead-letter queue that was opened to read it. */
export interface DeadLetterReader<Item extends DeadLetterItem = DeadLetterItem> {
  /**
   * The next messages, at most `most`; none when the queue is empty. They stay hidden from other consumers until they
   * are acked or the reader is closed. A message that this reader has put back may be set aside again meanwhile: leave
   * it out, unless the queue keeps its order and `count` is exact, so that nobody reaches it.
   */
  take(most: number): Promise<readonly Item[]>
  /** Puts a copy into a queue as a first attempt, without the dead-letter headers. Resolves when confirmed. */
  putBack(item: Item, queue: string): Promise<void>
  /** Removes a message. */
  ack(item: Item): MaybePromise<void>
  /** Gives back the messages that were taken but not acked, in their order if the broker can. */
  close(): Promise<void>
}

/** A message in a dead-letter queue. */
export interface DeadLetterItem {
  readonly id: string | undefined
  readonly payload: Payload
  /** All headers, with those that say why the message was set aside. */
  readonly headers: Readonly<Record<string, unknown>>
  /** What the broker itself knows, used if the headers do not say it. */
  readonly topic?: string | undefined
  readonly queue?: string | undefined
}
