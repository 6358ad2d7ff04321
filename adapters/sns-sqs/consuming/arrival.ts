import type { Actor, Arrival } from '../../../kernel/adapter-kit.ts'
import type { MessageGiven } from '../../../kernel/index.ts'
import type { SnsSqsGiven } from '../sources/given.ts'
import type { SnsSqsSource } from '../sources/source.ts'
import type { ReceivableQueue } from '../topology/topology.ts'
import { decodeTopic, isPattern } from '../wire/names.ts'
import type { Received } from '../wire/received.ts'
import type { Attempts } from './attempts.ts'

/** A message that was received and is not settled. */
export interface Handle {
  readonly received: Received
  /** On the clock of `performance.now()`. */
  readonly receivedAt: number
  /** Until when it is hidden from other consumers, on the same clock. */
  hiddenUntil: number
}

const noMessage =
  'its body is not JSON as SNS and sendMessage write it; if the body is the payload itself, set rawMessageDelivery'

/** A message as its actor receives it. Without an actor it is of a topic that no handler of the queue consumes. */
export function arrivalOf(
  handle: Handle,
  attempts: Attempts,
  actor: Actor<SnsSqsSource> | undefined,
  { url, plan }: Pick<ReceivableQueue, 'url' | 'plan'>,
  topicPrefix: string,
): Arrival<Handle> {
  const { payload, attributes, sqsMessageId, snsMessageId, groupId, ...received } = handle.received
  const topic = topicOf(actor, handle.received, topicPrefix)
  const [first] = plan.actors as [Actor<SnsSqsSource>]
  const given: Omit<SnsSqsGiven, keyof MessageGiven> = {
    topic,
    queueUrl: url,
    receiptHandle: received.handle,
    messageAttributes: attributes,
    approximateReceiveCount: received.receiveCount,
    snsMessageId,
    sqsMessageId,
    messageType: received.type,
    rawMessageBody: received.body,
    messageTimestamp: received.timestamp,
    messageDeduplicationId: received.deduplicationId,
    messageGroupId: groupId,
    ...systemValues(received.message),
  }
  return {
    handle,
    id: snsMessageId || sqsMessageId,
    topic,
    payload: actor && payload,
    fault: actor ? noMessage : `no handler of the queue ${plan.name} consumes the topic ${topic}`,
    headers: attributes,
    attempt: attempts.of(handle.received),
    redeliveries: attempts.redeliveries(handle.received, (actor ?? first).source.retry.attempts),
    given,
    actor: actor ?? first,
    group: plan.fifo ? groupId : undefined,
  }
}

/** What SQS says about a message, apart from what decides how it is handled. */
function systemValues({ Attributes = {} }: Received['message']) {
  const { SequenceNumber, SentTimestamp, ApproximateFirstReceiveTimestamp, SenderId, AWSTraceHeader } =
    Attributes
  return {
    sequenceNumber: SequenceNumber,
    sentTimestamp: timeIn(SentTimestamp),
    approximateFirstReceiveTimestamp: timeIn(ApproximateFirstReceiveTimestamp),
    senderId: SenderId,
    awsTraceHeader: AWSTraceHeader,
  }
}

/** SQS writes milliseconds since the epoch. */
function timeIn(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(Number(text))
}

/** The topic as its publisher named it; empty for a message that was sent to the queue. */
function topicOf(actor: Actor<SnsSqsSource> | undefined, { topic }: Received, prefix: string): string {
  const own = actor?.source.isQueue ? undefined : actor?.source
  if (topic === '') return own?.options.rawMessageDelivery ? own.topic.name : ''
  if (own && !isPattern(own.topic.name)) return own.topic.name
  const name = decodeTopic(topic)
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}
