import type { BatchedOptions, OptionShape, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  choice,
  duration,
  flag,
  lineOfText,
  optionShape,
  topicOptionShapes,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Duration, MessageGiven, TopicOptions } from '../../../kernel/index.ts'
import { orNull } from '../client/options.ts'

/** How a queue is consumed on SQS, beside what every bus knows. What is not given is left as it is on an existing queue. */
export interface SnsSqsQueueOptions<Data = unknown>
  extends Omit<TopicOptions<Data>, 'queue' | 'competing' | 'orderBy'> {
  /** Messages of the same key are handled one after the other, in order. Default for FIFO: their group; not with `batch`. */
  readonly orderBy?: ((given: MessageGiven<Data>) => unknown) | undefined
  /**
   * How long a message is hidden from others while it is handled, up to 12 hours in whole seconds; it is renewed while a handler
   * takes longer.
   */
  readonly visibilityTimeout?: Duration | undefined
  /**
   * Name or ARN of a queue to which SQS moves what was received `maxReceiveCount` times and not deleted; both together.
   * It is also where messages go that cannot be handled. Null ends such a redrive policy.
   */
  readonly deadLetterQueueName?: string | null | undefined
  /** Then also the number of attempts, unless `retry` gives one. */
  readonly maxReceiveCount?: number | undefined
  /** Messages per receive, 1 to 10. Default 10; for FIFO without batches 1, as what is received behind a failed one was in vain. */
  readonly maxNumberOfConsumedMessages?: number | undefined
  /** Whether messages are the payload itself, without SNS's JSON around it. Default false. */
  readonly rawMessageDelivery?: boolean | undefined
}

/** How a topic is consumed on SNS+SQS. */
export interface SnsSqsTopicOptions<Data = unknown>
  extends SnsSqsQueueOptions<Data>,
    Pick<TopicOptions<Data>, 'competing'> {
  /**
   * Name of the queue, or its ARN, in which case it must exist. Several topics may share one. Default: the SHA-256 of
   * the topic, as in the Python library.
   */
  readonly queue?: string | undefined
  /** Whether topic and queue are of FIFO: in order for each message group. Default: whether the name ends in `.fifo`. */
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

type Filter = Readonly<Record<string, unknown>> | string

function filterOption(): OptionShape<Filter | undefined> {
  return optionShape<Filter | undefined>(undefined, 'an object, JSON of one, or null', (value) => {
    try {
      const filter: unknown = typeof value === 'string' ? JSON.parse(value) : value
      const isObject = typeof filter === 'object' && filter !== null && !Array.isArray(filter)
      return isObject ? (value as Filter) : undefined
    } catch {
      return undefined
    }
  })
}
