import { Envelope } from '../../envelopes/index.ts'
import { type Actor, decode } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import type { SnsSqsGiven } from './given.ts'
import type { Received } from './message.ts'
import { decodeTopic, isPattern, topicIn } from './names.ts'
import type { Handed } from './settle.ts'
import type { SnsSqsSource } from './source.ts'
import type { ConsumedQueue } from './topology.ts'

/** The actor of each topic by its name on the wire; that of the empty name gets what belongs to no other. */
export function routesOf({ topics, plan }: ConsumedQueue): ReadonlyMap<string, Actor<SnsSqsSource>> {
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

/** The topic as its publisher named it; empty for what was sent to the queue. */
export function topicOf({ source }: Actor<SnsSqsSource>, { topic }: Received, prefix: string): string {
  if (topic === '') return source.options.rawMessageDelivery && !source.isQueue ? source.topic.name : ''
  if (!source.isQueue && !isPattern(source.topic.name)) return source.topic.name
  const name = decodeTopic(topic)
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}

/** A message as its actor gets it. What cannot be read is a failure of the envelope. */
export function envelopeOf(
  actor: Actor<SnsSqsSource>,
  { received: arrived, topic, attempt }: Handed,
  queue: ConsumedQueue,
): Envelope {
  const { payload, attributes, sqsMessageId, snsMessageId } = arrived
  const subject = topic || queue.name
  const { data, metadata, failure } =
    payload === undefined
      ? { data: undefined, metadata: undefined, failure: noMessage(subject) }
      : decode(actor.source.format, payload, subject, attributes)
  const given: SnsSqsGiven = {
    data,
    attempt,
    metadata,
    headers: attributes,
    topic,
    queueUrl: queue.url,
    receiptHandle: arrived.handle,
    messageAttributes: attributes,
    approximateReceiveCount: arrived.receiveCount,
    snsMessageId,
    sqsMessageId,
    messageType: arrived.type,
    rawMessageBody: arrived.body,
    messageTimestamp: arrived.timestamp,
    messageDeduplicationId: arrived.deduplicationId,
    messageGroupId: arrived.groupId,
  }
  const id = metadata?.messageUuid || snsMessageId || sqsMessageId
  const details = { id, attempt, headers: attributes }
  return new Envelope(actor.address, given, failure ? { ...details, failure } : details)
}

function noMessage(topic: string): TomodachiError {
  return new TomodachiError('PAYLOAD_UNPARSABLE', {
    subject: `the message of ${topic}`,
    reason:
      'its body is not the JSON that SNS and sendMessage put around a message; set rawMessageDelivery where it is the payload',
  })
}
