import type { Payload } from '../../../envelopes/index.ts'
import type { MaybePromise } from '../../promise.ts'

/** A dead-letter queue that somebody works on. */
export interface DeadLetterReader<Item extends DeadLetterItem = DeadLetterItem> {
  /** The next messages, at most so many; none when it is empty. They are hidden from others, until acked or the close. */
  take(most: number): Promise<readonly Item[]>
  /** Puts a copy into a queue, as on its first attempt and without the headers of a dead letter. Resolves when confirmed. */
  putBack(item: Item, queue: string): Promise<void>
  /** Removes a message. */
  ack(item: Item): MaybePromise<void>
  /** Gives back what was taken and not acked, in its order where the broker can. */
  close(): Promise<void>
}

/** A message in a dead-letter queue. */
export interface DeadLetterItem {
  readonly id: string | undefined
  readonly payload: Payload
  /** With those that say why it is there. */
  readonly headers: Readonly<Record<string, unknown>>
  /** What the broker itself knows, where the headers do not say it. */
  readonly topic?: string | undefined
  readonly queue?: string | undefined
  /** When it came here. Those that came after the work had begun are left alone. */
  readonly time?: Date | undefined
}
