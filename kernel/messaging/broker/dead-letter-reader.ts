import type { Payload } from '../../../envelopes/index.ts'
import type { MaybePromise } from '../../promise.ts'

/** A dead-letter queue that was opened to read it. */
export interface DeadLetterReader<Item extends DeadLetterItem = DeadLetterItem> {
  /**
   * The next messages, at most `most`; none when the queue is empty. They stay hidden from other consumers until they
   * are acked or the reader is closed.
   */
  take(most: number): Promise<readonly Item[]>
  /**
   * Puts a copy into a queue as a first attempt, without the dead-letter headers. Resolves when confirmed, with what
   * identifies the copy (`DeadLetterItem.copies`), or with undefined.
   */
  putBack(item: Item, queue: string): Promise<unknown>
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
  /**
   * What `putBack` has resolved with if this is a copy that it put back, and that was set aside again meanwhile. Such a
   * copy is left where it is, so that a redrive ends. You can leave it out if the queue keeps its order and `count` is
   * exact, because nobody then reaches a copy. Several if there are several ways to set a message aside.
   */
  readonly copies?: readonly unknown[]
}
