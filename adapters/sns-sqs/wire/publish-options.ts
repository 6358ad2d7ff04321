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

/** What messages to topics and to queues have in common. */
interface MessageOptions {
  /** Attributes of the message, beside its headers; filter policies can use both. */
  readonly messageAttributes?: Readonly<Record<string, unknown>> | undefined
  /** Group of a FIFO message: messages of one group arrive in order. */
  readonly groupId?: string | undefined
  /** Of FIFO messages with the same id within five minutes, only the first arrives. Default: a random one. */
  readonly deduplicationId?: string | undefined
}

/** How a message is published to a topic. With a `groupId` it goes to a FIFO topic. */
export interface SnsSqsPublishOptions extends Omit<PublishOptions, 'delay'>, MessageOptions {
  /** Replaces the prefix of the bus. */
  readonly topicPrefix?: string | undefined
  /** Attributes of the topic, as SNS names them. */
  readonly topicAttributes?: TopicAttributes | undefined
  /** Whether they are set on a topic that exists already. Default `true`. */
  readonly overwriteTopicAttributes?: boolean | undefined
  /** SNS cannot delay: only 0 is allowed. Default 0. */
  readonly delay?: 0 | undefined
}

/** How a message is sent to a queue. */
export interface SendOptions extends PublishOptions, MessageOptions {
  /** Makes the body of the message; its attributes then travel beside it. Default: the JSON that SNS would make. */
  readonly bodyFormatter?: ((parts: BodyParts) => string) | undefined
}

const messageShapes = {
  ...publishOptionShapes,
  messageAttributes: record<Readonly<Record<string, unknown>>>('an object of attributes by name'),
  groupId: lineOfText(undefined),
  deduplicationId: lineOfText(undefined),
} satisfies ShapesOf<PublishOptions & MessageOptions>

/** What the options of `publish` have to be. */
export const publishShapes = {
  ...messageShapes,
  topicPrefix: lineOfText(undefined, { empty: true }),
  topicAttributes: record<TopicAttributes>(
    'an object of texts by name',
    (value) => typeof value === 'string',
  ),
  overwriteTopicAttributes: flag(true),
  delay: optionShape(0, '0, as SNS cannot delay (sendMessage can)', (value) =>
    millisecondsIn(value) === 0 ? 0 : undefined,
  ),
} satisfies ShapesOf<SnsSqsPublishOptions>

/** What the options of `sendMessage` have to be. */
export const sendShapes = {
  ...messageShapes,
  delay: duration(0, { most: '15m' }),
  bodyFormatter: callback<(parts: BodyParts) => string>(),
} satisfies ShapesOf<SendOptions>

/** The same, checked. Durations are in milliseconds. */
export type ResolvedPublishOptions = Resolved<typeof publishShapes>
export type ResolvedSendOptions = Resolved<typeof sendShapes>
