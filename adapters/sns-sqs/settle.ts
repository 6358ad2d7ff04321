import {
  type CancellableDelivery,
  type MaybePromise,
  type Placed,
  reasonOf,
} from '../../kernel/adapter-kit.ts'
import type { Logger, Settlement } from '../../kernel/index.ts'
import type { Batcher } from './batcher.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Visibility } from './deleter.ts'
import type { Received } from './message.ts'
import type { ConsumedQueue } from './topology.ts'

/** Longest time that SQS hides a message, from its receive on, in seconds. */
const longestVisibility = 43_200
/** How long a message is held back whose dead letter cannot be sent: at once it would come back at once. */
const holdBack = 30_000

/** One message that is to be settled. */
export interface Handed extends Placed {
  readonly received: Received
  readonly topic: string
  readonly attempt: number
  /** On the clock of `performance.now()`. */
  readonly receivedAt: number
  /** Whether others may have it meanwhile. */
  isLost: boolean
  delivery: CancellableDelivery | undefined
}

/** What messages of one queue are settled with. */
export interface Desk {
  readonly queue: ConsumedQueue
  readonly deletes: Batcher<string, void>
  readonly visibility: Batcher<Visibility, void>
  readonly deadLetters: DeadLetters
  readonly log: Logger
}

/**
 * Does to a message what its settlement says: a message that comes again becomes visible after its wait, one that is set
 * aside is deleted when the copy has been confirmed.
 */
export function carryOut(settlement: Settlement, handed: Handed, desk: Desk): MaybePromise<void> {
  const { queue, log, deletes } = desk
  const { handle } = handed.received
  const facts = { queue: queue.name, topic: handed.topic, attempt: handed.attempt }
  switch (settlement.state) {
    case 'acked':
      return deletes.add(handle)
    case 'dropped':
      log.warn('message dropped', { ...facts, reason: settlement.reason })
      return deletes.add(handle)
    case 'deadLettered': {
      const { reason, error = reason } = settlement
      log.error('message dead-lettered', { ...facts, deadLetter: queue.deadLetter, error })
      return setAside(settlement, handed, desk)
    }
    case 'released': {
      const { failed, after, error } = settlement
      if (failed) log.warn('handler failed, will be retried', { ...facts, after, error })
      return release(handed, failed ? after : 0, desk)
    }
  }
}

/** Has a message seen again after a wait in milliseconds. Never rejects: it will be, later, in any case. */
export async function release(handed: Handed, after: number, desk: Desk): Promise<void> {
  // Whoever has it now must not lose it.
  if (handed.isLost) return
  const elapsed = Math.ceil((performance.now() - handed.receivedAt) / 1_000)
  const seconds = Math.max(0, Math.min(Math.ceil(after / 1_000), longestVisibility - elapsed))
  try {
    await desk.visibility.add({ handle: handed.received.handle, seconds })
  } catch (error) {
    const { name: queue, visibilityTimeout } = desk.queue
    desk.log.warn('a message could not be given back, it comes again after its visibility timeout', {
      queue,
      visibilityTimeout,
      error: reasonOf(error),
    })
  }
}

async function setAside(
  settlement: Settlement & { readonly state: 'deadLettered' },
  handed: Handed,
  desk: Desk,
): Promise<void> {
  try {
    await desk.deadLetters.send(handed, settlement)
  } catch (error) {
    const { name: queue, deadLetter } = desk.queue
    desk.log.error('the dead letter could not be sent, the message is given back', {
      queue,
      deadLetter,
      error,
    })
    return release(handed, holdBack, desk)
  }
  await desk.deletes.add(handed.received.handle)
}
