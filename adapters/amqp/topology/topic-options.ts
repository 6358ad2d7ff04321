import type { BatchedOptions, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
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
  /** Exchange that the queue is bound to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string | undefined
  /** The broker deletes the queue after this time without a consumer, in whole seconds; 0 for never. Default: that of the bus. */
  readonly queueTtl?: Duration | undefined
  /** Whether the queue is replicated, as a quorum queue. Default `false`. */
  readonly quorum?: boolean | undefined
  /** Highest priority of messages, from 1 to 255: the queue hands out those of a higher priority first. Default none. */
  readonly maxPriority?: number | undefined
  /** The broker drops a message that has waited this long. Default never. */
  readonly messageTtl?: Duration | undefined
  /** Other arguments of the queue, such as `x-max-length`. They win over all of the above. */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined
}

const queueName = optionShape<string | undefined>(
  undefined,
  'a name on one line that does not begin with "amq."',
  (value) => (typeof value === 'string' && /^(?!amq\.)[^\r\n\0]+$/.test(value) ? value : undefined),
)

/** What the options of a topic have to be. */
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

/** A topic of requests takes the same, but `batch`. */
const { batch: _, ...shapesOfRequests } = topicShapes
export const requestTopics = { method: 'requests', shapes: shapesOfRequests }
