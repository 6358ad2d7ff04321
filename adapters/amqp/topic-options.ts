import type { BatchedOptions, Resolved } from '../../kernel/adapter-kit.ts'
import {
  duration,
  flag,
  lineOfText,
  optionShape,
  resolveOptions,
  wholeNumber,
} from '../../kernel/adapter-kit.ts'
import type { Duration, TopicOptions } from '../../kernel/index.ts'
import { longestTtl } from './options.ts'

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

const queueArguments = optionShape<AmqpTopicOptions['arguments']>(
  undefined,
  'an object of queue arguments, such as { "x-max-length": 1000 }',
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as AmqpTopicOptions['arguments'])
      : undefined,
)

const queueName = optionShape<string | undefined>(
  undefined,
  'a name on one line that does not begin with "amq."',
  (value) => (typeof value === 'string' && /^(?!amq\.)[^\r\n\0]+$/.test(value) ? value : undefined),
)

const topicShapes = {
  queue: queueName,
  exchange: lineOfText(undefined, { empty: true }),
  queueTtl: duration(undefined, { most: longestTtl, step: '1s' }),
  quorum: flag(false),
  maxPriority: wholeNumber(undefined, 1, 255),
  messageTtl: duration(undefined, { most: longestTtl, step: '1ms' }),
  arguments: queueArguments,
}

/** The same, checked; durations in milliseconds. */
export type ResolvedTopicOptions = Omit<TopicOptions<never>, 'queue'> & Resolved<typeof topicShapes>

/** Throws `OPTION_INVALID` for what no queue can have. */
export function resolveTopicOptions(given: AmqpTopicOptions<never>): ResolvedTopicOptions {
  const own = Object.keys(topicShapes).map((option) => [option, given[option as keyof typeof given]])
  return { ...given, ...resolveOptions('amqp.topic', Object.fromEntries(own), topicShapes) }
}
