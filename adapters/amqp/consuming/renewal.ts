import { inTime } from '../../../kernel/adapter-kit.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import type { Delivered } from '../messages/message.ts'
import { isQuorum, mayDrop, mostReturns } from '../topology/retries.ts'
import type { AmqpQueue } from '../topology/topology.ts'
import { unreturnedCopy } from './follow-up.ts'
import { patience, slow } from './redelivery-store.ts'

/**
 * Sends a copy of a message whose redeliveries it has to carry, or that a quorum queue might soon drop or dead-letter,
 * because it counts every return. Resolves soon with whether it did, so that the message has to be acked.
 */
export async function renewed(
  message: Delivered,
  queue: AmqpQueue,
  session: LinkParts['session'],
): Promise<boolean> {
  const { redeliveries, carriesCount, deliveryCount, actor, fault } = message
  // Without a handler, with headers that cannot be read, or after its limit, it is dead-lettered now.
  if (!actor || fault !== undefined || redeliveries > actor.source.retry.redeliveries) return false
  if (!carriesCount && (!isQuorum(queue) || deliveryCount < mostReturns)) return false
  const copy = unreturnedCopy(message, queue)
  try {
    await inTime(session.send(copy.subject, copy), patience, slow)
    return true
  } catch {
    return false
  }
}

/** Warns of a queue that others declare, and that may drop messages. */
export function warnOfLimit(queue: AmqpQueue, { options, session }: LinkParts): void {
  if (options.declare || !mayDrop(queue)) return
  const facts = { queue: queue.name }
  session.log.warn('a quorum queue without dead-letter arguments may drop what comes back too often', facts)
}
