import { randomUUID } from 'node:crypto'
import { pythonJson } from '../../envelopes/python-json.ts'
import type { Encoded } from '../../kernel/adapter-kit.ts'
import { type PublishOptions, TomodachiError } from '../../kernel/index.ts'
import { toAttributes, toBodyAttributes } from './attributes.ts'
import { payloadEncoding } from './message.ts'
import { isFifo } from './names.ts'
import type { Outgoing } from './publisher.ts'
import type { TopicAttributes } from './topics.ts'

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

/** A message for a topic. Throws `OPTION_INVALID` for a group where there is none, or none where there must be one. */
export function topicMessage(topic: string, encoded: Encoded, options: SnsSqsPublishOptions): Outgoing {
  const { text, values } = textual(encoded)
  const fifo = fifoOf(`the topic ${topic}`, isFifo(topic) || options.groupId !== undefined, options)
  return { subject: topic, text, attributes: toAttributes(values), delay: undefined, fifo }
}

/** A message for a queue. Throws `OPTION_INVALID` for a group, or a delay, that the queue cannot have. */
export function queueMessage(
  queueUrl: string,
  queue: string,
  encoded: Encoded,
  options: SendOptions,
): Outgoing {
  const { text: payload, values: attributes } = textual(encoded)
  const { bodyFormatter, delay = 0 } = options
  const fifo = fifoOf(`the queue ${queue}`, isFifo(queueUrl), options)
  if (!(delay >= 0 && delay <= 900_000)) refuse('delay', 'a number of milliseconds from 0 to 900000', delay)
  if (fifo && delay > 0) refuse('delay', `left out, as the queue ${queue} is one of FIFO`, delay)
  const parts = { queueUrl, payload, attributes, timestamp: new Date().toISOString() }
  return {
    subject: queue,
    text: bodyFormatter ? bodyFormatter(parts) : bodyOf(parts),
    attributes: bodyFormatter ? toAttributes(attributes) : {},
    delay: delay > 0 ? Math.ceil(delay / 1_000) : undefined,
    fifo,
  }
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
): Outgoing['fifo'] {
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
