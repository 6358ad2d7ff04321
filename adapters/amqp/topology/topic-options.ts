import type { BatchedOptions, MessageSource, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  duration,
  flag,
  lineOfText,
  optionShape,
  record,
  topicOptionShapes,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Duration, TopicOptions } from '../../../kernel/index.ts'
import { longestTtl } from '../connection/options.ts'

/** How a topic is consumed on RabbitMQ. */
export interface AmqpTopicOptions<Data = unknown> extends TopicOptions<Data>, BatchedOptions {
  /** Exchange to bind the queue to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string | undefined
  /**
   * The broker deletes the queue when it has had no consumer for this long, in whole seconds; 0 for never. Default:
   * that of the bus.
   */
  readonly queueTtl?: Duration | undefined
  /** Whether the queue is replicated, as a quorum queue. Default `false`. */
  readonly quorum?: boolean | undefined
  /** Highest priority of messages, from 1 to 255. The queue hands out messages of higher priority first. Default none. */
  readonly maxPriority?: number | undefined
  /** How long a message may wait before the broker drops it. Default: no limit. */
  readonly messageTtl?: Duration | undefined
  /** Other arguments of the queue, such as `x-max-length`. They take precedence over the options above. */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined
}

const queueName = optionShape<string | undefined>(
  undefined,
  'a name on one line that does not begin with "amq."',
  (value) => (typeof value === 'string' && /^(?!amq\.)[^\r\n\0]+$/.test(value) ? value : undefined),
)

/** The shapes of the options of a topic. */
export const topicShapes = {
  ...topicOptionShapes,
  queue: queueName,
  exchange: lineOfText(undefined),
  queueTtl: duration(undefined, { most: longestTtl, step: '1s' }),
  quorum: flag(false),
  maxPriority: wholeNumber(undefined, 1, 255),
  messageTtl: duration(undefined, { most: longestTtl, step: '1ms' }),
  arguments: record<Readonly<Record<string, unknown>>>('an object, such as { "x-max-length": 1000 }'),
} satisfies ShapesOf<AmqpTopicOptions>

/** The same, checked. Durations are in milliseconds. */
export type ResolvedTopicOptions = Resolved<typeof topicShapes>

/** The source of a topic or, with `replies`, of requests. */
export interface AmqpSource extends MessageSource {
  readonly replies?: boolean
}

/** A topic of requests takes the same options except `batch`. */
const { batch: _, ...shapesOfRequests } = topicShapes
export const requestTopics = { method: 'requests', shapes: shapesOfRequests }
