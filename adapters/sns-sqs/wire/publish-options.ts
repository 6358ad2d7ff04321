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

/** A message to a queue before it is written. */
export interface BodyParts {
  readonly queueUrl: string
  readonly payload: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** ISO 8601, UTC. */
  readonly timestamp: string
}

/** What messages to topics and to queues have in common. */
interface MessageOptions {
  /** Attributes of the message, beside the headers; filter policies see them. */
  readonly messageAttributes?: Readonly<Record<string, unknown>> | undefined
  /** Group of a FIFO message: those of one group arrive in order. */
  readonly groupId?: string | undefined
  /** Of two FIFO messages with the same one within five minutes, only the first arrives. Default: a random one. */
  readonly deduplicationId?: string | undefined
}

/** How a message is published to a topic. With a `groupId` it goes to a FIFO topic. */
export interface SnsSqsPublishOptions extends Omit<PublishOptions, 'delay'>, MessageOptions {
  /** In place of the prefix of the bus. */
  readonly topicPrefix?: string | undefined
  /** Attributes of the topic, as SNS names them. */
  readonly topicAttributes?: TopicAttributes | undefined
  /** Whether they are set on a topic that exists already. Default `true`. */
  readonly overwriteTopicAttributes?: boolean | undefined
  /** SNS cannot delay: anything but 0 is refused. Default 0. */
  readonly delay?: 0 | undefined
}

/** How a message is sent to a queue. */
export interface SendOptions extends PublishOptions, MessageOptions {
  /** Makes the body of the message; its attributes then travel beside it. Default: JSON such as SNS makes. */
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
  topicAttributes: optionShape<TopicAttributes | undefined>(
    undefined,
    'an object of texts by name',
    (value) => (isTexts(value) ? value : undefined),
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

function isTexts(value: unknown): value is TopicAttributes {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && Object.values(value).every((text) => typeof text === 'string')
}
