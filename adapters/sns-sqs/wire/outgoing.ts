import { randomUUID } from 'node:crypto'
import { pythonJson } from '../../../envelopes/python-json.ts'
import type { Encoded, Outgoing } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { batchBytes } from '../client/batches.ts'
import type { ResolvedOptions } from '../client/options.ts'
import type { PayloadToStore } from '../client/payload-store.ts'
import { type AttributeValue, sizeOf, toAttributes, toBodyAttributes } from './attributes.ts'
import { isFifo, isPattern, topicAddress } from './names.ts'
import { offloaded } from './offload.ts'
import { withoutPayloadSize } from './pointer.ts'
import type {
  BodyParts,
  ResolvedPublishOptions,
  ResolvedSendOptions,
  TopicAttributes,
} from './publish-options.ts'
import { payloadEncoding } from './received.ts'
import { checkSendable, mostAttributes } from './sendable.ts'

/** The most bytes of a message in SQS: 1 MiB. */
export const largestInSqs = 1_048_576

/** A message on its way to a topic or a queue. */
export interface AwsMessage extends Outgoing {
  readonly kind: 'topic' | 'queue' | 'dead-letter queue'
  /** Name on the wire, ARN or URL of the topic or queue. */
  readonly address: string
  /** For errors: the topic or queue as its publisher named it. */
  readonly subject: string
  readonly text: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** Delay in seconds; only for queues. */
  readonly delay?: number | undefined
  readonly fifo: { readonly groupId: string; readonly deduplicationId: string } | undefined
  /** What has to be in S3 before it is sent. */
  readonly stored?: PayloadToStore
  /** What its topic should be like. */
  readonly wishes?: TopicWishes
}

/** What a topic should be like. */
export interface TopicWishes {
  /** Attributes for the topic when it is created. */
  readonly attributes?: TopicAttributes
  /** Whether they are also set on a topic that exists. Default true. */
  readonly overwrite?: boolean
}

/** Completes a message. Throws `MESSAGE_TOO_LARGE`, and `PAYLOAD_UNBUILDABLE` for an empty one. */
export function awsMessage(message: Omit<AwsMessage, 'target' | 'bytes' | 'group'>): AwsMessage {
  const { kind, address, subject: topic, text, attributes, fifo } = message
  if (text === '')
    throw new TomodachiError('PAYLOAD_UNBUILDABLE', {
      topic,
      reason: 'SNS and SQS do not carry empty messages',
    })
  const bytes = Buffer.byteLength(text) + sizeOf(attributes)
  const limit = kind === 'topic' ? batchBytes : largestInSqs
  if (bytes > limit) throw new TomodachiError('MESSAGE_TOO_LARGE', { topic, bytes, limit })
  return { ...message, target: `${kind} ${address}`, bytes, group: fifo?.groupId }
}

/**
 * The same for a message of a publisher. `beside` are the attributes that it has if its body goes to S3. Throws
 * `PAYLOAD_UNBUILDABLE` for what AWS does not take.
 */
function publishable(
  message: Parameters<typeof awsMessage>[0],
  { largePayloads }: Pick<ResolvedOptions, 'largePayloads'>,
  beside = message.attributes,
): AwsMessage {
  checkSendable(message)
  const sent = offloaded(message, largePayloads, beside)
  if (sent.stored) checkSendable(sent)
  return awsMessage(sent)
}

/** A message for a topic. Throws `OPTION_INVALID` for a FIFO topic without a group. */
export function topicMessage(
  topic: string,
  encoded: Encoded,
  options: ResolvedPublishOptions,
  bus: ResolvedOptions,
): AwsMessage {
  const { topicPrefix: prefix = bus.topicPrefix, groupId, topicAttributes } = options
  if (isPattern(topic)) throw new TomodachiError('TOPIC_WITH_WILDCARD', { topic })
  const isOne = isFifo(topic) || (groupId !== undefined && !topic.startsWith('arn:'))
  const { text, values } = textual(encoded, options)
  // A queue that gets the messages of a topic raw would lose one with more.
  const attributes = toAttributes(withTraceWithin(mostAttributes, values, options))
  return publishable(
    {
      kind: 'topic',
      address: topicAddress(topic, { prefix, fifo: isOne }),
      subject: topic,
      text,
      attributes,
      fifo: fifoOf('publish', `the topic ${topic}`, isOne, options),
      wishes: {
        overwrite: options.overwriteTopicAttributes,
        ...(topicAttributes && { attributes: topicAttributes }),
      },
    },
    bus,
    toAttributes(withTraceWithin(mostAttributes - 1, values, options)),
  )
}

/** A message for a queue. Throws `OPTION_INVALID` for a group or a delay that the queue cannot have. */
export function queueMessage(
  { address, url: queueUrl }: { readonly address: string; readonly url: string },
  queue: string,
  encoded: Encoded,
  options: ResolvedSendOptions,
  bus: Pick<ResolvedOptions, 'largePayloads'>,
): AwsMessage {
  const { text: payload, values: attributes } = textual(encoded, options)
  const { bodyFormatter, delay } = options
  const fifo = fifoOf('sendMessage', `the queue ${queue}`, isFifo(queueUrl), options)
  if (fifo && delay > 0) refuse('sendMessage.delay', `left out because the queue ${queue} is FIFO`, delay)
  const parts = { queueUrl, payload, attributes, timestamp: new Date().toISOString() }
  const beside = toAttributes(withTraceWithin(mostAttributes, attributes, options))
  // One more says that the body is in S3.
  const besidePointer = toAttributes(withTraceWithin(mostAttributes - 1, attributes, options))
  return publishable(
    {
      kind: 'queue',
      address,
      subject: queue,
      text: bodyFormatter ? bodyFormatter(parts) : bodyOf(parts),
      attributes: bodyFormatter ? beside : {},
      delay: delay > 0 ? Math.ceil(delay / 1_000) : undefined,
      fifo,
    },
    bus,
    // A message whose body is in S3 keeps its trace.
    bodyFormatter || Object.keys(besidePointer).length < mostAttributes ? besidePointer : {},
  )
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
function textual(
  { payload, headers }: Encoded,
  { messageAttributes }: Pick<ResolvedSendOptions, 'messageAttributes'>,
) {
  // A handler may pass on the headers of a message whose payload was in S3.
  const values = withoutPayloadSize({ ...headers, ...messageAttributes })
  if (typeof payload === 'string') return { text: payload, values }
  const text = Buffer.from(payload).toString('base64')
  return { text, values: { ...values, [payloadEncoding]: 'base64' } }
}

/** The headers of a trace, the one that is missed least first. */
const traceHeaders = ['baggage', 'tracestate', 'traceparent']

/** The values without so many headers of the trace that no more than `most` are left, as far as the publisher has not given them. */
function withTraceWithin(
  most: number,
  values: Readonly<Record<string, unknown>>,
  { messageAttributes = {} }: Pick<ResolvedSendOptions, 'messageAttributes'>,
): Readonly<Record<string, unknown>> {
  const count = Object.values(values).filter((value) => value !== undefined).length
  const own = traceHeaders.filter((name) => values[name] !== undefined && !(name in messageAttributes))
  const left = new Set(own.slice(0, Math.max(0, count - most)))
  return left.size === 0
    ? values
    : Object.fromEntries(Object.entries(values).filter(([name]) => !left.has(name)))
}

/** `method` and `target` are for errors. */
function fifoOf(
  method: 'publish' | 'sendMessage',
  target: string,
  isOne: boolean,
  { groupId, deduplicationId = randomUUID() }: Pick<ResolvedSendOptions, 'groupId' | 'deduplicationId'>,
): AwsMessage['fifo'] {
  if (isOne && groupId !== undefined) return { groupId, deduplicationId }
  const option = `${method}.groupId`
  if (isOne) refuse(option, `given because ${target} is FIFO`, groupId)
  if (groupId !== undefined) refuse(option, `left out because ${target} is not FIFO`, groupId)
  return undefined
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `snsSqs.${option}`, expected, actual })
}
