import type { Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  callback,
  duration,
  flag,
  lineOfText,
  millisecondsIn,
  optionShape,
  publishOptionShapes,
  record,
} from '../../../kernel/adapter-kit.ts'
import type { PublishOptions } from '../../../kernel/index.ts'

/** Attributes of a topic, as SNS names them: `DisplayName`, `KmsMasterKeyId`. */
export type TopicAttributes = Readonly<Record<string, string>>

/** The parts of a message to a queue, for `bodyFormatter`. */
export interface BodyParts {
  readonly queueUrl: string
  readonly payload: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** ISO 8601, UTC. */
  readonly timestamp: string
}

/** Options that messages to topics and to queues have in common. */
interface MessageOptions {
  /**
   * Attributes of the message, in addition to its headers; filter policies can use both. An attribute takes precedence
   * over a header of the same name.
   */
  readonly messageAttributes?: Readonly<Record<string, unknown>> | undefined
  /**
   * Group of a FIFO message, 1 to 128 letters, digits and punctuation marks of ASCII. Messages of one group arrive in
   * order.
   */
  readonly groupId?: string | undefined
  /** If several FIFO messages have the same id within five minutes, only the first arrives. Default: a random id. */
  readonly deduplicationId?: string | undefined
}

/** How a message is published to a topic. With a `groupId` it goes to a FIFO topic. */
export interface SnsSqsPublishOptions extends Omit<PublishOptions, 'delay'>, MessageOptions {
  /** Replaces the prefix of the bus. */
  readonly topicPrefix?: string | undefined
  /** Attributes of the topic, as SNS names them. */
  readonly topicAttributes?: TopicAttributes | undefined
  /** Whether `topicAttributes` are also set on a topic that already exists. Default `true`. */
  readonly overwriteTopicAttributes?: boolean | undefined
  /** SNS cannot delay messages, so only 0 is allowed. Default 0. */
  readonly delay?: 0 | undefined
}

/** How a message is sent to a queue. */
export interface SendOptions extends PublishOptions, MessageOptions {
  /** Makes the body of the message; its attributes then travel next to the body. Default: the JSON that SNS would make. */
  readonly bodyFormatter?: ((parts: BodyParts) => string) | undefined
}

/** An id of FIFO (SNS API reference, Publish; SQS API reference, SendMessage). */
const fifoId = optionShape<string | undefined>(
  undefined,
  'text of 1 to 128 letters, digits and punctuation marks of ASCII, without blanks',
  (value) => (typeof value === 'string' && /^[!-~]{1,128}$/.test(value) ? value : undefined),
)

const messageShapes = {
  ...publishOptionShapes,
  messageAttributes: record<Readonly<Record<string, unknown>>>('an object of attributes by name'),
  groupId: fifoId,
  deduplicationId: fifoId,
} satisfies ShapesOf<PublishOptions & MessageOptions>

/** The shapes of the options of `publish`. */
export const publishShapes = {
  ...messageShapes,
  topicPrefix: lineOfText(undefined, { empty: true }),
  topicAttributes: record<TopicAttributes>(
    'an object of texts by name',
    (value) => typeof value === 'string',
  ),
  overwriteTopicAttributes: flag(true),
  delay: optionShape(0, '0, because SNS cannot delay messages (sendMessage can)', (value) =>
    millisecondsIn(value) === 0 ? 0 : undefined,
  ),
} satisfies ShapesOf<SnsSqsPublishOptions>

/** The shapes of the options of `sendMessage`. */
export const sendShapes = {
  ...messageShapes,
  delay: duration(0, { most: '15m' }),
  bodyFormatter: callback<(parts: BodyParts) => string>(),
} satisfies ShapesOf<SendOptions>

/** The same, checked. Durations are in milliseconds. */
export type ResolvedPublishOptions = Resolved<typeof publishShapes>
export type ResolvedSendOptions = Resolved<typeof sendShapes>
