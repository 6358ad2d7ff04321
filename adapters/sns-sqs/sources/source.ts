import { type BatchedOptions, deliveryRules, type MessageSource } from '../../../kernel/adapter-kit.ts'
import { type MessageGiven, TomodachiError, type Topic, type TopicOptions } from '../../../kernel/index.ts'
import { isFifo, isPattern, queueName, topicName } from '../wire/names.ts'
import type { SnsSqsGiven } from './given.ts'

/** How a queue is consumed on SQS, beside what every bus knows. What is not given is left as it is on an existing queue. */
export interface SnsSqsQueueOptions<Data = unknown>
  extends Omit<TopicOptions<Data>, 'queue' | 'competing' | 'orderBy'> {
  /** Messages of the same key are handled one after the other, in order. Default for FIFO: their group; not with `batch`. */
  readonly orderBy?: (given: MessageGiven<Data>) => unknown
  /** Seconds that a message is hidden from others while it is handled, 0 to 43,200; handlers that take longer renew it. */
  readonly visibilityTimeout?: number
  /**
   * Name or ARN of a queue to which SQS moves what was received `maxReceiveCount` times and not deleted; both together.
   * It is also where messages go that cannot be handled. Null ends such a redrive policy.
   */
  readonly deadLetterQueueName?: string | null
  /** Then also the number of attempts, unless `retry` gives one. */
  readonly maxReceiveCount?: number
  /** Messages per receive, 1 to 10. Default 10; for FIFO without batches 1, as what is received behind a failed one was in vain. */
  readonly maxNumberOfConsumedMessages?: number
  /** Whether messages are the payload itself, without SNS's JSON around it. Default false. */
  readonly rawMessageDelivery?: boolean
}

/** How a topic is consumed on SNS+SQS. */
export interface SnsSqsTopicOptions<Data = unknown>
  extends SnsSqsQueueOptions<Data>,
    Pick<TopicOptions<Data>, 'competing'> {
  /**
   * Name of the queue, or its ARN, in which case it must exist. Several topics may share one. Default: the SHA-256 of
   * the topic, as in the Python library.
   */
  readonly queue?: string
  /** Whether topic and queue are of FIFO: in order for each message group. Default: whether the name ends in `.fifo`. */
  readonly fifo?: boolean
  /** Filter of the subscription, as SNS defines it; null for none. Left as it is when not given. */
  readonly filterPolicy?: Readonly<Record<string, unknown>> | string | null
  /** What the filter looks at. Default: what the subscription has, else `MessageAttributes`. */
  readonly filterPolicyScope?: 'MessageAttributes' | 'MessageBody'
}

/** The source of a topic or a queue. */
export interface SnsSqsSource extends MessageSource {
  readonly options: SnsSqsTopicOptions<never>
  /** Whether it consumes a queue as it is, without a topic. */
  readonly isQueue: boolean
  readonly fifo: boolean
}

/** What makes the source of a queue, in place of one of a topic. */
export const ofQueue = { isQueue: true }

/** What the source of a topic, or a queue, has beside the common members. Throws `OPTION_INVALID` and `QUEUE_NOT_COMPETING`. */
export function sourceParts(
  { name }: Topic,
  options: SnsSqsTopicOptions<never> & BatchedOptions,
  more: object,
): Pick<SnsSqsSource, 'isQueue' | 'fifo' | 'failed' | 'orderBy'> {
  const isQueue = more === ofQueue
  const { fifo = isFifo(name), maxReceiveCount, retry, orderBy, batch } = options
  if (isQueue) {
    if (!/^(arn|https?):/.test(name)) queueName(name)
  } else checkTopicOptions(name, fifo, options)
  checkQueueOptions(options)
  const attempts = maxReceiveCount === undefined ? {} : { attempts: maxReceiveCount }
  return {
    isQueue,
    fifo,
    failed: deliveryRules({ ...options, retry: { ...attempts, ...retry } }),
    ...(fifo && !orderBy && { orderBy: batch ? () => true : groupOf }),
  }
}

function groupOf(given: object): unknown {
  return (given as SnsSqsGiven).messageGroupId
}

function checkTopicOptions(topic: string, fifo: boolean, options: SnsSqsTopicOptions<never>): void {
  const { filterPolicyScope, queue, competing = true } = options
  if (typeof fifo !== 'boolean') refuse('fifo', 'true or false', fifo)
  if (!isPattern(topic)) topicName(topic, { fifo })
  if (queue !== undefined && !queue.startsWith('arn:')) queueName(queue, { fifo })
  if (queue !== undefined && !competing) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
  if (!['MessageAttributes', 'MessageBody', undefined].includes(filterPolicyScope))
    refuse('filterPolicyScope', 'MessageAttributes or MessageBody', filterPolicyScope)
}

function checkQueueOptions(options: SnsSqsQueueOptions<never>): void {
  const { visibilityTimeout, deadLetterQueueName, maxReceiveCount, maxNumberOfConsumedMessages } = options
  checkNumber('visibilityTimeout', visibilityTimeout, 0, 43_200)
  checkNumber('maxReceiveCount', maxReceiveCount, 1, 1_000)
  checkNumber('maxNumberOfConsumedMessages', maxNumberOfConsumedMessages, 1, 10)
  if (typeof deadLetterQueueName === 'string') {
    if (maxReceiveCount === undefined) refuse('maxReceiveCount', 'given with deadLetterQueueName', undefined)
    if (options.deadLetter !== undefined)
      throw new TomodachiError('OPTIONS_CONFLICT', { one: 'deadLetter', other: 'deadLetterQueueName' })
  } else if (maxReceiveCount !== undefined) {
    refuse('deadLetterQueueName', 'given with maxReceiveCount', deadLetterQueueName)
  }
}

function checkNumber(option: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  refuse(option, `an integer from ${least} to ${most}`, value)
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual })
}
