import type { BatchedOptions, MessageSource, OptionShape, Resolved } from '../../../kernel/adapter-kit.ts'
import {
  choice,
  deliveryRules,
  duration,
  flag,
  lineOfText,
  optionShape,
  requireTogether,
  resolveOptions,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import {
  type Duration,
  type MessageGiven,
  TomodachiError,
  type Topic,
  type TopicOptions,
} from '../../../kernel/index.ts'
import { orNull } from '../client/options.ts'
import { isFifo, isPattern, queueName, topicName } from '../wire/names.ts'
import type { SnsSqsGiven } from './given.ts'

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

/** The source of a topic or a queue. */
export interface SnsSqsSource extends MessageSource {
  readonly options: ResolvedSourceOptions
  /** Whether it consumes a queue as it is, without a topic. */
  readonly isQueue: boolean
  readonly fifo: boolean
}

/** What makes the source of a queue, in place of one of a topic. */
export const ofQueue = { isQueue: true }

/** What the source of a topic, or a queue, has beside the common members. Throws `OPTION_INVALID` and the like. */
export function sourceParts(
  { name }: Topic,
  given: SnsSqsTopicOptions<never> & BatchedOptions,
  more: object,
): Pick<SnsSqsSource, 'isQueue' | 'fifo' | 'failed' | 'orderBy' | 'options'> {
  const isQueue = more === ofQueue
  const [owner, shapes] = isQueue ? ['snsSqs.queue', queueShapes] : ['snsSqs.topic', topicShapes]
  const own = Object.keys(shapes).map((option) => [option, given[option as keyof typeof given]])
  const options: ResolvedSourceOptions & BatchedOptions = {
    ...(given as TopicOptions<never>),
    ...resolveOptions(owner, Object.fromEntries(own), shapes),
  }
  const { fifo = isFifo(name), maxReceiveCount, retry, orderBy, batch } = options
  if (!isQueue) checkNames(name, fifo, options)
  else if (!/^(arn|https?):/.test(name)) queueName(name)
  checkRedrive(options)
  const attempts = retry?.attempts ?? maxReceiveCount
  return {
    isQueue,
    fifo,
    options,
    failed: deliveryRules({ ...options, retry: { ...retry, attempts } }),
    ...(fifo && !orderBy && { orderBy: batch ? () => true : groupOf }),
  }
}

function groupOf(given: object): unknown {
  return (given as SnsSqsGiven).messageGroupId
}

const queueShapes = {
  visibilityTimeout: duration(undefined, { most: '12h', step: '1s' }),
  deadLetterQueueName: orNull(lineOfText(undefined)),
  maxReceiveCount: wholeNumber(undefined, 1, 1_000),
  maxNumberOfConsumedMessages: wholeNumber(undefined, 1, 10),
  rawMessageDelivery: flag(undefined),
}

const topicShapes = {
  ...queueShapes,
  fifo: flag(undefined),
  filterPolicy: orNull(filterOption()),
  filterPolicyScope: choice(undefined, ['MessageAttributes', 'MessageBody']),
}

type Filter = Readonly<Record<string, unknown>> | string

function filterOption(): OptionShape<Filter | undefined> {
  return optionShape<Filter | undefined>(undefined, 'an object, JSON of one, or null', (value) => {
    try {
      return isObject(typeof value === 'string' ? JSON.parse(value) : value) ? (value as Filter) : undefined
    } catch {
      return undefined
    }
  })
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Options of a topic or a queue that were checked; durations in milliseconds. */
export type ResolvedSourceOptions = TopicOptions<never> & Partial<Resolved<typeof topicShapes>>

/** Checks names. Throws `OPTION_INVALID` and `QUEUE_NOT_COMPETING`. */
function checkNames(topic: string, fifo: boolean, { queue, competing = true }: TopicOptions<never>): void {
  if (!isPattern(topic)) topicName(topic, { fifo })
  if (queue !== undefined && !queue.startsWith('arn:')) queueName(queue, { fifo })
  if (queue !== undefined && !competing) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
}

/** Throws `OPTION_INVALID` and `OPTIONS_CONFLICT` for a redrive policy of which half is missing, or stands twice. */
function checkRedrive({ deadLetterQueueName, maxReceiveCount, deadLetter }: ResolvedSourceOptions): void {
  const queue = deadLetterQueueName ?? undefined
  requireTogether({ deadLetterQueueName: queue, maxReceiveCount }, 'deadLetterQueueName', 'maxReceiveCount')
  if (queue !== undefined && deadLetter !== undefined)
    throw new TomodachiError('OPTIONS_CONFLICT', { one: 'deadLetter', other: 'deadLetterQueueName' })
}
