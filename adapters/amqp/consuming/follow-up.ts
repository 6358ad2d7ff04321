import { deadLetterHeaders, type Replied, reasonOf } from '../../../kernel/adapter-kit.ts'
import { getLogger, hasCode } from '../../../kernel/index.ts'
import type { PublishFields } from '../connection/rascal.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import {
  copyOf,
  type Delivered,
  failureHeader,
  originHeaders,
  redeliveryHeader,
  retryHeaders,
  withoutDeaths,
} from '../messages/message.ts'
import { type AmqpMessage, fieldsOf, messageTo } from '../messages/outgoing.ts'
import { wrap, wrappedHeader } from '../messages/wrapped.ts'
import { backTo, deadLetterQueue, longestWait, retryQueue, tierOf } from '../topology/retries.ts'
import type { AmqpQueue } from '../topology/topology.ts'

/** The longest text in the header of a reply: all headers together must fit into one frame. */
const longestReason = 2_000

/** A copy that comes back into the queue after so many milliseconds. */
export function retryCopy(message: Delivered, queue: AmqpQueue, after: number, attempt: number): AmqpMessage {
  const wait = Math.min(after, longestWait)
  const fields = withoutDeaths(copyOf(message, retryHeaders(message, attempt, after - wait)))
  const copy = messageTo('', backTo(queue), message.topic, message.content, fields)
  if (!(wait >= 1)) return copy
  const into = retryQueue(queue, tierOf(wait))
  return { ...copy, routingKey: into.name, into, keepsAlive: true }
}

/** A copy that the queue has not handed out yet, so that no limit of the queue takes it for one that came back too often. */
export function unreturnedCopy(message: Delivered, queue: AmqpQueue): AmqpMessage {
  const { attempt, redeliveries } = message
  const headers = { ...retryHeaders(message, attempt, 0), ...redeliveryHeader(redeliveries) }
  const fields = withoutDeaths(copyOf(message, headers))
  return messageTo('', backTo(queue), message.topic, message.content, fields)
}

/** The longest reason where there is little room. */
const shortReason = 200

/**
 * Copies for the dead-letter queue, with the reasons in their headers: the first is the best, and the others are for a
 * message whose headers leave no room for it. The last has the headers in its payload. That queue may already exist with
 * other arguments.
 */
export function* deadLetterCopies(
  message: Delivered,
  queue: AmqpQueue,
  reasons: Readonly<Record<string, unknown>>,
): Generator<AmqpMessage> {
  const into = deadLetterQueue(queue.deadLetter, queue)
  const copy = (fields: PublishFields, payload = message.content) => ({
    ...messageTo('', queue.deadLetter, message.topic, payload, fields),
    into,
  })
  const origin = originHeaders(message)
  yield copy(copyOf(message, { ...reasons, ...origin }))
  const { 'x-dead-letter-reason': reason, 'x-dead-letter-stack': _, ...others } = reasons
  const few = { ...others, 'x-dead-letter-reason': String(reason).slice(0, shortReason), ...origin }
  yield copy(copyOf(message, few))
  const { headers, ...properties } = message.properties
  const bare = copyOf({ properties, id: message.id }, { ...few, [wrappedHeader]: true })
  yield copy(bare, wrap({ headers, payload: message.content }))
}

/** Sends the first of these copies that can be sent. */
export async function sendFirst(copies: Iterable<AmqpMessage>, session: LinkParts['session']): Promise<void> {
  let failure: unknown
  for (const copy of copies) {
    try {
      await session.send(copy.subject, copy)
      return
    } catch (error) {
      if (!hasCode(error, 'PAYLOAD_UNBUILDABLE')) throw error
      failure = error
    }
  }
  throw failure
}

/**
 * The headers of a dead letter whose copy for another attempt could not be sent: it would come back at once, and fail
 * again, for ever.
 */
export function givenUp(
  { topic }: Delivered,
  { name: queue }: AmqpQueue,
  attempt: number,
  error: unknown,
): Readonly<Record<string, unknown>> {
  const reason = `it cannot be tried again: ${reasonOf(error)}`
  getLogger('tomodachi.amqp').error('a message is dead-lettered', { queue, topic, reason })
  const origin = { topic, queue, attempts: attempt - 1 }
  return deadLetterHeaders({ state: 'deadLettered', reason, error }, origin)
}

/** The reply for the requester. */
export function replyTo({ properties, topic }: Delivered, reply: Replied): AmqpMessage {
  const { replyTo: queue = '', correlationId } = properties
  const { payload, headers } =
    'failure' in reply
      ? { payload: '', headers: { [failureHeader]: reply.failure.slice(0, longestReason) } }
      : reply
  const fields = { ...fieldsOf(payload, headers), ...(correlationId !== undefined && { correlationId }) }
  return messageTo('', queue, topic, Buffer.from(payload as Uint8Array), fields)
}
