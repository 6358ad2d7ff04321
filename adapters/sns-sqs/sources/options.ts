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

/** How a queue is consumed on SQS. Options of an existing queue that you leave out stay as they are. */
export interface SnsSqsQueueOptions<Data = unknown>
  extends Omit<TopicOptions<Data>, 'queue' | 'competing' | 'orderBy'> {
  /** Messages of the same key are handled one after the other, in order; not with `batch`. Default for FIFO: by their group. */
  readonly orderBy?: ((given: MessageGiven<Data>) => unknown) | undefined
  /** How long a message is hidden from others, up to 12 hours in whole seconds; renewed while a handler runs. */
  readonly visibilityTimeout?: Duration | undefined
  /**
   * Name or ARN of the queue to which SQS moves messages after `maxReceiveCount` receives; required together with that. Messages
   * that cannot be handled go there too. Null removes the redrive policy.
   */
  readonly deadLetterQueueName?: string | null | undefined
  /** After so many receives SQS moves a message to `deadLetterQueueName`. Also the default of `retry.attempts`. */
  readonly maxReceiveCount?: number | undefined
  /** Messages per receive, 1 to 10. Default 10; for FIFO without batches 1, as those behind a failed one come in vain. */
  readonly maxNumberOfConsumedMessages?: number | undefined
  /** Whether the body is the payload itself, without SNS's JSON around it. Default `false`. */
  readonly rawMessageDelivery?: boolean | undefined
}

/** How a topic is consumed on SNS+SQS. */
export interface SnsSqsTopicOptions<Data = unknown>
  extends SnsSqsQueueOptions<Data>,
    Pick<TopicOptions<Data>, 'competing'> {
  /** Name of the queue, or ARN of one that exists. Topics may share a queue. Default: the SHA-256 of the topic, as in Python. */
  readonly queue?: string | undefined
  /** Whether topic and queue are FIFO: in order within each message group. Default: whether the name ends in `.fifo`. */
  readonly fifo?: boolean | undefined
  /** Filter of the subscription, as SNS defines it; null for none. Left as it is when not given. */
  readonly filterPolicy?: Readonly<Record<string, unknown>> | string | null | undefined
  /** What the filter looks at. Default: what the subscription has, else `MessageAttributes`. */
  readonly filterPolicyScope?: 'MessageAttributes' | 'MessageBody' | undefined
}

const { queue, competing, ...commonShapes } = topicOptionShapes

/** What the options of a queue have to be. */
export const queueShapes = {
  ...commonShapes,
  visibilityTimeout: duration(undefined, { most: '12h', step: '1s' }),
  deadLetterQueueName: orNull(lineOfText(undefined)),
  maxReceiveCount: wholeNumber(undefined, 1, 1_000),
  maxNumberOfConsumedMessages: wholeNumber(undefined, 1, 10),
  rawMessageDelivery: flag(undefined),
} satisfies ShapesOf<SnsSqsQueueOptions & BatchedOptions>

/** What the options of a topic have to be. */
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
  const filter = record<object>('an object, JSON of one, or null')
  const read: typeof filter.read = (value, ...place) => {
    try {
      return filter.read(typeof value === 'string' ? JSON.parse(value) : value, ...place) && (value as object)
    } catch {
      return undefined
    }
  }
  return { ...filter, read }
}
