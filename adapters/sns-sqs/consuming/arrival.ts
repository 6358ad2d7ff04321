import type { Actor, Arrival } from '../../../kernel/adapter-kit.ts'
import type { MessageGiven } from '../../../kernel/index.ts'
import type { SnsSqsGiven } from '../sources/given.ts'
import type { SnsSqsSource } from '../sources/source.ts'
import type { ReceivableQueue } from '../topology/topology.ts'
import { decodeTopic, isPattern, topicIn } from '../wire/names.ts'
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

/** The actor of each topic, by the topic's name on the wire. The actor with the empty name gets all other messages. */
export function routesOf({
  topics,
  plan,
}: Pick<ReceivableQueue, 'topics' | 'plan'>): ReadonlyMap<string, Actor<SnsSqsSource>> {
  const [first] = plan.actors as [Actor<SnsSqsSource>]
  const routes = new Map([['', plan.actors.find(({ source }) => source.isQueue) ?? first]])
  for (const [actor, arns] of topics) {
    for (const arn of arns) {
      const name = topicIn(arn)
      if (!routes.has(name) || !isPattern(actor.source.topic.name)) routes.set(name, actor)
    }
  }
  return routes
}

/** A message as its actor receives it. */
export function arrivalOf(
  handle: Handle,
  attempts: Attempts,
  actor: Actor<SnsSqsSource>,
  { url, plan }: Pick<ReceivableQueue, 'url' | 'plan'>,
  topicPrefix: string,
): Arrival<Handle> {
  const { payload, attributes, sqsMessageId, snsMessageId, groupId, ...received } = handle.received
  const topic = topicOf(actor, handle.received, topicPrefix)
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
    payload,
    fault: noMessage,
    headers: attributes,
    attempt: attempts.of(handle.received),
    redeliveries: attempts.redeliveries(handle.received, actor.source.retry.attempts),
    given,
    actor,
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
function topicOf({ source }: Actor<SnsSqsSource>, { topic }: Received, prefix: string): string {
  if (topic === '') return source.options.rawMessageDelivery && !source.isQueue ? source.topic.name : ''
  if (!source.isQueue && !isPattern(source.topic.name)) return source.topic.name
  const name = decodeTopic(topic)
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}
