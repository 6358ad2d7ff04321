import type { Replied } from '../../../kernel/adapter-kit.ts'
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
import { backTo, deadLetterQueue, longestWait, retryQueue, tierOf } from '../topology/retries.ts'
import type { AmqpQueue } from '../topology/topology.ts'

/** The longest text in the header of a reply: all headers together must fit into one frame. */
const longestReason = 2_000

/** A copy that comes back into the queue after so many milliseconds. */
export function retryCopy(message: Delivered, queue: AmqpQueue, after: number, attempt: number): AmqpMessage {
  const wait = Math.min(after, longestWait)
  const fields = withoutDeaths(copyOf(message, retryHeaders(message, attempt, after - wait)))
  const copy = messageTo('', backTo(queue), message.topic, message.payload, fields)
  if (!(wait >= 1)) return copy
  const into = retryQueue(queue, tierOf(wait))
  return { ...copy, routingKey: into.name, into, keepsAlive: true }
}

/** A copy that the queue has not handed out yet, so that no limit of the queue takes it for one that came back too often. */
export function unreturnedCopy(message: Delivered, queue: AmqpQueue, redeliveries: number): AmqpMessage {
  const headers = { ...retryHeaders(message, message.attempt, 0), ...redeliveryHeader(redeliveries) }
  const fields = withoutDeaths(copyOf(message, headers))
  return messageTo('', backTo(queue), message.topic, message.payload, fields)
}

/** A copy for the dead-letter queue, with the reasons in its headers. That queue may already exist with other arguments. */
export function deadLetterCopy(
  message: Delivered,
  queue: AmqpQueue,
  reasons: Readonly<Record<string, unknown>>,
): AmqpMessage {
  const fields = copyOf(message, { ...reasons, ...originHeaders(message) })
  const into = deadLetterQueue(queue.deadLetter, queue)
  return { ...messageTo('', queue.deadLetter, message.topic, message.payload, fields), into }
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
