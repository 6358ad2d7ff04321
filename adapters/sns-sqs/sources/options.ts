import type { BatchedOptions, OptionShape, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  choice,
  duration,
  flag,
  lineOfText,
  orNull,
  record,
  topicOptionShapes,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Duration, MessageGiven, TopicOptions } from '../../../kernel/index.ts'

/** How a queue is consumed on SQS. If you leave out an option, an existing queue keeps its setting. */
export interface SnsSqsQueueOptions<Data = unknown>
  extends Omit<TopicOptions<Data>, 'queue' | 'competing' | 'orderBy'> {
  /**
   * Returns a key; messages with the same key are handled one after the other, in order. Not possible with `batch`.
   * Default for FIFO: the message group.
   */
  readonly orderBy?: ((given: MessageGiven<Data>) => unknown) | undefined
  /**
   * How long a message is hidden from other consumers, up to 12 hours in whole seconds. It is renewed while a handler
   * runs.
   */
  readonly visibilityTimeout?: Duration | undefined
  /**
   * Queue for messages that cannot be handled: name, or ARN or URL of an existing one. Default: the name of the queue,
   * followed by `-dead`, because SQS does not allow a dot; the name of a FIFO queue then ends in `-dead.fifo`.
   */
  readonly deadLetter?: string | undefined
  /**
   * Name, ARN or URL of the queue to which SQS moves messages after `maxReceiveCount` receives; the two are required
   * together. Messages that cannot be handled go there too. Null removes the redrive policy.
   */
  readonly deadLetterQueueName?: string | null | undefined
  /**
   * How many receives it takes until SQS moves a message to `deadLetterQueueName`. Also the default of
   * `retry.attempts`.
   */
  readonly maxReceiveCount?: number | undefined
  /**
   * Messages per receive, 1 to 10. Default 10. For FIFO without batches 1, because messages received behind one that
   * fails could not be handled.
   */
  readonly maxNumberOfConsumedMessages?: number | undefined
  /**
   * Whether the body is the payload itself, without the JSON of SNS around it. If left out, the events of `eventBridge()`
   * and `s3Events()` are read both ways. An existing subscription is changed to it. Default `false`.
   */
  readonly rawMessageDelivery?: boolean | undefined
}

/** How a topic is consumed on SNS+SQS. */
export interface SnsSqsTopicOptions<Data = unknown>
  extends SnsSqsQueueOptions<Data>,
    Pick<TopicOptions<Data>, 'competing'> {
  /**
   * Name of the queue, or ARN or URL of an existing one. Topics may share a queue. Default: the SHA-256 of the topic, as in
   * Python.
   */
  readonly queue?: string | undefined
  /** Whether topic and queue are FIFO: in order within each message group. Default: whether the name ends in `.fifo`. */
  readonly fifo?: boolean | undefined
  /** Filter of the subscription, as SNS defines it; null for none. If left out, the subscription keeps its filter. */
  readonly filterPolicy?: Readonly<Record<string, unknown>> | string | null | undefined
  /** What the filter looks at. Default: the setting of the subscription, else `MessageAttributes`. */
  readonly filterPolicyScope?: 'MessageAttributes' | 'MessageBody' | undefined
}

const { queue, competing, ...commonShapes } = topicOptionShapes

/** The shapes of the options of a queue. */
export const queueShapes = {
  ...commonShapes,
  visibilityTimeout: duration(undefined, { most: '12h', step: '1s' }),
  deadLetterQueueName: orNull(lineOfText(undefined)),
  maxReceiveCount: wholeNumber(undefined, 1, 1_000),
  maxNumberOfConsumedMessages: wholeNumber(undefined, 1, 10),
  rawMessageDelivery: flag(undefined),
} satisfies ShapesOf<SnsSqsQueueOptions & BatchedOptions>

/** The shapes of the options of a topic. */
export const topicShapes = {
  ...queueShapes,
  queue,
  competing,
  fifo: flag(undefined),
  filterPolicy: orNull(filterOption()),
  filterPolicyScope: choice(undefined, ['MessageAttributes', 'MessageBody']),
} satisfies ShapesOf<SnsSqsTopicOptions & BatchedOptions>

/** Options of a topic or a queue that were checked. Durations are in milliseconds. */
export type ResolvedSourceOptions = Resolved<typeof queueShapes> & Partial<Resolved<typeof topicShapes>>

function filterOption(): OptionShape<object | string | undefined> {
  const filter = record<object>('an object, an object as JSON, or null')
  const read: typeof filter.read = (value, ...place) => {
    try {
      return filter.read(typeof value === 'string' ? JSON.parse(value) : value, ...place) && (value as object)
    } catch {
      return undefined
    }
  }
  return { ...filter, read }
}
