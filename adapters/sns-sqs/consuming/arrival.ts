import type { Message } from '@aws-sdk/client-sqs'
import type { Actor, Arrival } from '../../../kernel/adapter-kit.ts'
import type { MessageGiven } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../client/options.ts'
import type { SnsSqsGiven } from '../sources/given.ts'
import type { PlannedQueue } from '../sources/plan.ts'
import { isRaw, type SnsSqsSource } from '../sources/source.ts'
import type { ReceivableQueue } from '../topology/topology.ts'
import { decodeTopic, isPattern } from '../wire/names.ts'
import { type Received, received } from '../wire/received.ts'
import type { Attempts } from './attempts.ts'
import { type Routes, routesOf } from './routes.ts'

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

/** Reads the messages of one queue. */
export class Arrivals {
  readonly #plan: PlannedQueue
  readonly #isRaw: boolean
  readonly #actorOf: Routes
  readonly #attempts: Attempts
  readonly #prefix: string

  /** `topics` are the ARNs of the topics of each actor, as far as they are known. */
  constructor(
    plan: PlannedQueue,
    topics: ReceivableQueue['topics'],
    attempts: Attempts,
    { topicPrefix }: Pick<ResolvedOptions, 'topicPrefix'>,
  ) {
    this.#plan = plan
    this.#isRaw = plan.actors.some(({ source }) => isRaw(source))
    this.#actorOf = routesOf(plan, topics, topicPrefix)
    this.#attempts = attempts
    this.#prefix = topicPrefix
  }

  /** A message as its actor receives it. It was received now, and is hidden from others for so many milliseconds. */
  of(message: Message, queueUrl: string, hiddenFor: number): Arrival<Handle> & { readonly actor: Actor } {
    const receivedAt = performance.now()
    const read = received(message, this.#isRaw)
    const handle: Handle = { received: read, receivedAt, hiddenUntil: receivedAt + hiddenFor }
    const { payload, attributes, sqsMessageId, snsMessageId, groupId } = read
    // Without an actor it is of a topic that no handler of the queue consumes.
    const actor = this.#actorOf(read.topic)
    const topic = topicOf(actor, read, this.#prefix)
    const { name, fifo, actors } = this.#plan
    const [first] = actors as [Actor<SnsSqsSource>]
    const given: Omit<SnsSqsGiven, keyof MessageGiven> = {
      topic,
      queueUrl,
      receiptHandle: read.handle,
      messageAttributes: attributes,
      approximateReceiveCount: read.receiveCount,
      snsMessageId,
      sqsMessageId,
      messageType: read.type,
      rawMessageBody: read.body,
      messageTimestamp: read.timestamp,
      messageDeduplicationId: read.deduplicationId,
      messageGroupId: groupId,
      ...systemValues(message),
    }
    return {
      handle,
      id: snsMessageId || sqsMessageId,
      topic,
      payload: actor && payload,
      fault: actor ? noMessage : `no handler of the queue ${name} consumes the topic ${topic}`,
      headers: attributes,
      attempt: this.#attempts.of(read),
      redeliveries: this.#attempts.redeliveries(read, (actor ?? first).source.retry.attempts),
      given,
      actor: actor ?? first,
      group: fifo ? groupId : undefined,
    }
  }
}

/** What SQS says about a message, apart from what decides how it is handled. */
function systemValues({ Attributes = {} }: Message) {
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
