import { withoutDeadLetterHeaders } from '../../../kernel/adapter-kit.ts'
import { batchBytes } from '../client/batches.ts'
import { type AttributeValue, sizeOf, toAttributes } from '../wire/attributes.ts'
import { isFifo } from '../wire/names.ts'
import { type AwsMessage, awsMessage } from '../wire/outgoing.ts'
import type { Received } from '../wire/received.ts'
import { mostAttributes, refusedBySqs } from '../wire/sendable.ts'

/** In order of importance. If there is not room for all, the last are left out first. */
const reasons = ['reason', 'error', 'topic', 'attempts', 'queue', 'stack']

/** A copy of a message for a dead-letter queue, with as many reasons in its attributes as there is room for. */
export function deadLetter(
  deadLetterQueue: string,
  received: Received,
  headers: Readonly<Record<string, unknown>>,
): AwsMessage {
  const attributes = ownAttributes(received)
  const bytes = Buffer.byteLength(received.body)
  for (const reason of reasons) {
    const name = `x-dead-letter-${reason}`
    const text = String(headers[name] ?? '').replace(refusedBySqs, '\u{fffd}')
    if (text === '' || Object.keys(attributes).length >= mostAttributes) continue
    const more = toAttributes({ [name]: text })
    if (bytes + sizeOf(attributes) + sizeOf(more) <= batchBytes) Object.assign(attributes, more)
  }
  return copyOf(received, 'dead-letter queue', deadLetterQueue, attributes, 'dead')
}

/** A copy of a dead letter for the queue that it came from. */
export function redriven(received: Received, queue: string): AwsMessage {
  return copyOf(received, 'queue', queue, ownAttributes(received), 'redriven')
}

/** The attributes without the reasons of a dead letter, which may come from an earlier time. */
function ownAttributes({ message }: Received): Record<string, AttributeValue> {
  return withoutDeadLetterHeaders(message.MessageAttributes ?? {}) as Record<string, AttributeValue>
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
