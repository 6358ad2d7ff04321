import { type Actor, type Deliver, decode, Intake, type MessageSource } from '../../kernel/adapter-kit.ts'
import type { MessageGiven } from '../../kernel/index.ts'
import type { MemoryBroker } from './broker.ts'
import { deadLetterOf } from './dead-letter-queues.ts'
import type { Consumer, MemoryQueue, StoredMessage } from './queue.ts'
import { carryOut } from './settle.ts'

/** Messages that may wait for others of their key: enough to find work for every free slot, and bounded. */
const orderedPrefetch = 100

/** What the memory bus gives to a handler. */
export interface MemoryGiven<Data = unknown> extends MessageGiven<Data> {
  /** The topic that was published to, where the source names a pattern. */
  readonly topic: string
}

/** Consumes one queue for one actor. */
export interface Consumption {
  /** Takes no more; gives back what has not started. */
  pause(): void
}

/** Attaches an actor to its queue. */
export function consume(
  broker: MemoryBroker,
  queue: MemoryQueue,
  actor: Actor,
  deliver: Deliver,
): Consumption {
  const { format, batch } = actor.source as MessageSource
  const most = actor.concurrency * (batch?.size ?? 1)
  const limit = actor.ordered ? Math.max(most, orderedPrefetch) : most
  const deadLetter = deadLetterOf(actor.source as MessageSource, queue.name)
  broker.setAsideIn(queue.name, deadLetter)
  const origin = { broker, queue, deadLetter }
  const intake = new Intake<StoredMessage>(actor, deliver, (settlement, message) => {
    carryOut(settlement, message, origin)
    queue.schedule()
  })

  function take(message: StoredMessage): void {
    const { id, topic, payload, headers, failures } = message
    const { data, metadata, failure } = decode(format, payload, topic, headers)
    const attempt = failures + 1
    const details = { id: metadata?.messageUuid || id, attempt, headers, ...(failure && { failure }) }
    const given: MemoryGiven = { data, attempt, metadata, headers, topic }
    intake.take(message, given, details)
  }

  const consumer: Consumer = { hasRoom: () => intake.size < limit, take }
  queue.attach(consumer)
  return {
    pause() {
      queue.detach(consumer)
      intake.pause()
    },
  }
}
