import {
  deliveryRules,
  type MessageSource,
  requireTogether,
  retryLimits,
} from '../../../kernel/adapter-kit.ts'
import { TomodachiError, type Topic } from '../../../kernel/index.ts'
import { isAddress, isFifo, isPattern, queueAddress, topicAddress } from '../wire/names.ts'
import type { SnsSqsGiven } from './given.ts'
import type { ResolvedSourceOptions } from './options.ts'

/** The source of a topic or a queue. */
export interface SnsSqsSource extends MessageSource {
  readonly options: ResolvedSourceOptions
  /** Whether it consumes a queue that exists, without a topic. */
  readonly isQueue: boolean
  readonly fifo: boolean
}

/** Whether a body without the JSON of SNS or `sendMessage` around it is the payload. */
export function isRaw({ options, format }: Pick<SnsSqsSource, 'options' | 'format'>): boolean {
  return options.rawMessageDelivery ?? format.bare ?? false
}

/** Marks the source of a queue; without it the source is that of a topic. */
export const ofQueue = { isQueue: true }

/** The members that a source has only on SNS+SQS. Throws `OPTION_INVALID` and the like. */
export function sourceParts(
  { name }: Topic,
  options: ResolvedSourceOptions,
  more: object,
): Pick<SnsSqsSource, 'isQueue' | 'fifo' | 'failed' | 'retry' | 'orderBy'> {
  const isQueue = more === ofQueue
  const { fifo = isFifo(name), maxReceiveCount, orderBy, batch } = options
  if (!isQueue) checkNames(name, fifo, options)
  else queueAddress(name)
  checkDeadLetter(options)
  const retry = { ...options.retry, attempts: options.retry?.attempts ?? maxReceiveCount }
  return {
    isQueue,
    fifo,
    failed: deliveryRules({ ...options, retry }),
    retry: retryLimits(retry),
    ...(fifo && !orderBy && { orderBy: batch ? () => true : groupOf }),
  }
}

function groupOf(given: object): unknown {
  return (given as SnsSqsGiven).messageGroupId
}

/** Checks names. Throws `OPTION_INVALID` and `QUEUE_NOT_COMPETING`. */
function checkNames(topic: string, fifo: boolean, { queue, competing }: ResolvedSourceOptions): void {
  if (!isPattern(topic) || topic.startsWith('arn:')) topicAddress(topic, { fifo })
  if (queue !== undefined) queueAddress(queue, { fifo })
  if (queue !== undefined && !competing) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
}

/**
 * Throws `OPTION_INVALID` for a wrong name and for half a redrive policy, and `OPTIONS_CONFLICT` for two dead-letter
 * queues.
 */
function checkDeadLetter({ deadLetterQueueName, maxReceiveCount, deadLetter }: ResolvedSourceOptions): void {
  const queue = deadLetterQueueName ?? undefined
  requireTogether({ deadLetterQueueName: queue, maxReceiveCount }, 'deadLetterQueueName', 'maxReceiveCount')
  for (const [option, given] of Object.entries({ deadLetterQueueName: queue, deadLetter }))
    if (given !== undefined && isAddress(given)) queueAddress(given, {}, option)
  if (queue !== undefined && deadLetter !== undefined)
    throw new TomodachiError('OPTIONS_CONFLICT', { one: 'deadLetter', other: 'deadLetterQueueName' })
}
