import { batchBytes } from '../client/batches.ts'
import type { PlannedQueue } from '../sources/plan.ts'
import { sizeOf } from '../wire/attributes.ts'
import { isAddress, isFifo } from '../wire/names.ts'
import { type AwsMessage, awsMessage, largestInSqs } from '../wire/outgoing.ts'
import { withoutReasons, withReasons } from '../wire/reasons.ts'
import type { Received } from '../wire/received.ts'
import { refusedBySqs } from '../wire/sendable.ts'

/** A copy of a message for a dead-letter queue, with as many reasons in its attributes as there is room for. */
export function deadLetter(
  { deadLetter: queue, address }: Pick<PlannedQueue, 'deadLetter' | 'address'>,
  received: Received,
  given: Readonly<Record<string, unknown>>,
): AwsMessage {
  // By its name alone the queue might not be found again: it may belong to another account.
  const headers = isAddress(address) ? { ...given, 'x-dead-letter-queue': address } : given
  const { message, body, sqsMessageId } = received
  const own = withoutReasons(message.MessageAttributes)
  const texts = Object.entries({ ...headers, 'x-dead-letter-id': sqsMessageId }).map(([name, value]) => [
    name,
    String(value ?? '').replace(refusedBySqs, '\u{fffd}'),
  ])
  const bytes = Buffer.byteLength(body)
  // Many queues take 256 KiB, as all did before they could take 1 MiB.
  const limit = bytes + sizeOf(own) > batchBytes ? largestInSqs : batchBytes
  const attributes = withReasons(own, Object.fromEntries(texts), limit - bytes)
  return copyOf(received, 'dead-letter queue', queue, attributes, 'dead')
}

/** A copy of a dead letter for the queue that it came from. */
export function redriven(received: Received, queue: string): AwsMessage {
  const attributes = withoutReasons(received.message.MessageAttributes)
  return copyOf(received, 'queue', queue, attributes, 'redriven')
}

function copyOf(
  { body, groupId, sqsMessageId: deduplicationId }: Received,
  kind: AwsMessage['kind'],
  queue: string,
  attributes: AwsMessage['attributes'],
  group: string,
): AwsMessage {
  const fifo = isFifo(queue) ? { groupId: groupId ?? group, deduplicationId } : undefined
  return awsMessage({ kind, address: queue, subject: queue, text: body, attributes, fifo })
}
