import { randomUUID } from 'node:crypto'
import { pythonJson } from '../../../envelopes/python-json.ts'
import type { Encoded, Outgoing } from '../../../kernel/adapter-kit.ts'
import { type PublishOptions, TomodachiError } from '../../../kernel/index.ts'
import { batchBytes } from '../client/batches.ts'
import type { ResolvedOptions } from '../client/options.ts'
import { type AttributeValue, sizeOf, toAttributes, toBodyAttributes } from './attributes.ts'
import { isFifo, isPattern, topicName } from './names.ts'
import { payloadEncoding } from './received.ts'

/** Most bytes of a message in SQS: 1 MiB. */
const largestInSqs = 1_048_576

/** A message on its way to a topic or a queue. */
export interface AwsMessage extends Outgoing {
  readonly kind: 'topic' | 'queue' | 'dead-letter queue'
  /** Of the topic, or the queue: its name on the wire, or ARN, or URL. */
  readonly address: string
  /** For errors: the topic, or the queue, as its publisher named it. */
  readonly subject: string
  readonly text: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** Seconds; queues only. */
  readonly delay?: number | undefined
  readonly fifo: { readonly groupId: string; readonly deduplicationId: string } | undefined
  /** What its topic is to be like. */
  readonly wishes?: TopicWishes
}

/** Attributes of a topic, as SNS names them: `DisplayName`, `KmsMasterKeyId`. */
export type TopicAttributes = Readonly<Record<string, string>>

/** What a topic is to be like. */
export interface TopicWishes {
  /** For the topic when it is made. */
  readonly attributes?: TopicAttributes
  /** Whether the attributes are set on a topic that exists too. Default true. */
  readonly overwrite?: boolean
}

/** What messages to topics and to queues have in common. */
interface MessageOptions {
  /** Attributes of the message, beside the headers; filter policies see them. */
  readonly messageAttributes?: Readonly<Record<string, unknown>>
  /** Group of a FIFO message: those of one group arrive in order. */
  readonly groupId?: string
  /** Of two FIFO messages with the same one within five minutes, only the first arrives. Default: a random one. */
  readonly deduplicationId?: string
}

/** How a message is published to a topic. A `groupId` makes the topic one of FIFO. */
export interface SnsSqsPublishOptions extends Omit<PublishOptions, 'delay'>, MessageOptions {
  /** In place of the prefix of the bus. */
  readonly topicPrefix?: string
  /** Attributes of the topic, as SNS names them. */
  readonly topicAttributes?: TopicAttributes
  /** Whether they are set on a topic that exists already. Default true. */
  readonly overwriteTopicAttributes?: boolean
  /** SNS cannot delay: anything but 0 is refused. Default 0. */
  readonly delay?: 0
}

/** A message to a queue before it is written. */
export interface BodyParts {
  readonly queueUrl: string
  readonly payload: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** ISO 8601, UTC. */
  readonly timestamp: string
}

/** How a message is sent to a queue. */
export interface SendOptions extends PublishOptions, MessageOptions {
  /** Makes the body of the message; its attributes then travel beside it. Default: JSON such as SNS makes. */
  readonly bodyFormatter?: (parts: BodyParts) => string
}

/**
 * Completes a message. Throws `MESSAGE_TOO_LARGE`, and `PAYLOAD_UNBUILDABLE` for one that is empty, which neither SNS nor SQS
 * carries.
 */
export function awsMessage(message: Omit<AwsMessage, 'target' | 'bytes'>): AwsMessage {
  const { kind, address, subject: topic, text, attributes } = message
  if (text === '')
    throw new TomodachiError('PAYLOAD_UNBUILDABLE', { topic, reason: 'SNS and SQS carry no empty messages' })
  const bytes = Buffer.byteLength(text) + sizeOf(attributes)
  const limit = kind === 'topic' ? batchBytes : largestInSqs
  if (bytes > limit) throw new TomodachiError('MESSAGE_TOO_LARGE', { topic, bytes, limit })
  return { ...message, target: `${kind} ${address}`, bytes }
}

/** A message for a topic. Throws `OPTION_INVALID` for a group where there is none, or none where there must be one. */
export function topicMessage(
  topic: string,
  encoded: Encoded,
  options: SnsSqsPublishOptions,
  bus: ResolvedOptions,
): AwsMessage {
  const { topicPrefix: prefix = bus.topicPrefix, groupId, topicAttributes: attributes, delay = 0 } = options
  if (isPattern(topic)) throw new TomodachiError('TOPIC_WITH_WILDCARD', { topic })
  if (delay !== 0) refuse('delay', 'left out, as SNS cannot delay; sendMessage to a queue can', delay)
  const isOne = groupId !== undefined || isFifo(topic)
  const { text, values } = textual(encoded)
  const { overwriteTopicAttributes: overwrite = true } = options
  return awsMessage({
    kind: 'topic',
    address: topicName(topic, { prefix, fifo: isOne }),
    subject: topic,
    text,
    attributes: toAttributes(values),
    fifo: fifoOf(`the topic ${topic}`, isOne, options),
    wishes: { overwrite, ...(attributes && { attributes }) },
  })
}

/** A message for a queue. Throws `OPTION_INVALID` for a group, or a delay, that the queue cannot have. */
export function queueMessage(
  { address, url: queueUrl }: { readonly address: string; readonly url: string },
  queue: string,
  encoded: Encoded,
  options: SendOptions,
): AwsMessage {
  const { text: payload, values: attributes } = textual(encoded)
  const { bodyFormatter } = options
  const delay = Number(options.delay ?? 0)
  const fifo = fifoOf(`the queue ${queue}`, isFifo(queueUrl), options)
  if (!(delay >= 0 && delay <= 900_000)) refuse('delay', 'a number of milliseconds from 0 to 900000', delay)
  if (fifo && delay > 0) refuse('delay', `left out, as the queue ${queue} is one of FIFO`, delay)
  const parts = { queueUrl, payload, attributes, timestamp: new Date().toISOString() }
  return awsMessage({
    kind: 'queue',
    address,
    subject: queue,
    text: bodyFormatter ? bodyFormatter(parts) : bodyOf(parts),
    attributes: bodyFormatter ? toAttributes(attributes) : {},
    delay: delay > 0 ? Math.ceil(delay / 1_000) : undefined,
    fifo,
  })
}

/** The body of a message to a queue, as the Python library writes it. */
function bodyOf({ queueUrl, payload, attributes, timestamp }: BodyParts): string {
  return pythonJson({
    Type: 'Message',
    QueueUrl: queueUrl,
    Version: '0',
    Message: payload,
    Timestamp: timestamp,
    MessageAttributes: toBodyAttributes(attributes),
  })
}

/** Bytes travel as base64, and an attribute says so. */
function textual({ payload, headers }: Encoded): {
  readonly text: string
  readonly values: Readonly<Record<string, unknown>>
} {
  if (typeof payload === 'string') return { text: payload, values: headers }
  const text = Buffer.from(payload).toString('base64')
  return { text, values: { ...headers, [payloadEncoding]: 'base64' } }
}

function fifoOf(
  target: string,
  isOne: boolean,
  { groupId, deduplicationId }: MessageOptions,
): AwsMessage['fifo'] {
  if (!isOne) {
    if (groupId !== undefined) refuse('groupId', `left out, as ${target} is not one of FIFO`, groupId)
    return undefined
  }
  if (typeof groupId !== 'string' || groupId === '')
    refuse('groupId', `given, as ${target} is one of FIFO`, groupId)
  return { groupId: groupId as string, deduplicationId: deduplicationId ?? randomUUID() }
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual })
}
