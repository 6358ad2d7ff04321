import type { BatchedOptions } from '../../kernel/adapter-kit.ts'
import type { TopicOptions } from '../../kernel/index.ts'
import { checkNumber, checkTexts, refuse } from './checks.ts'

/** How a topic is consumed on RabbitMQ. */
export interface AmqpTopicOptions<Data = unknown> extends TopicOptions<Data>, BatchedOptions {
  /** Exchange that the queue is bound to. Default: the `exchangeName` of the bus. */
  readonly exchange?: string
  /** Seconds after which the broker deletes the queue when nobody consumes it; 0 for never. Default: that of the bus. */
  readonly queueTtl?: number
  /** Whether the queue is replicated, as a quorum queue. Default false. */
  readonly quorum?: boolean
  /** Highest priority of messages, from 1 to 255: the queue then hands out those of a higher priority first. Default none. */
  readonly maxPriority?: number
  /** Milliseconds after which a message that waits is dropped by the broker. Default never. */
  readonly messageTtl?: number
  /** Other arguments of the queue, such as `x-max-length`. They win over all of the above. */
  readonly arguments?: Readonly<Record<string, unknown>>
}

/** Throws `OPTION_INVALID` for what no queue can have. */
export function checkTopicOptions(options: AmqpTopicOptions<never>): void {
  const { queue = 'any', exchange = 'any', deadLetter = 'any' } = options
  checkTexts({ queue, exchange, deadLetter })
  if (queue === '' || queue.startsWith('amq.'))
    refuse('queue', 'a name that does not begin with "amq."', queue)
  checkNumber('queueTtl', options.queueTtl ?? 0, 0, 4_294_967)
  checkNumber('maxPriority', options.maxPriority ?? 1, 1, 255)
  checkNumber('messageTtl', options.messageTtl ?? 0, 0, 2 ** 32 - 1)
}
