import { TomodachiError } from '../../kernel/index.ts'
import { type AttributeValue, sizeOf } from './attributes.ts'
import { Batcher, type BatchRules, batchBytes, batchSize, outcomesOf } from './batcher.ts'
import { awsError, isMissing, saidBy } from './errors.ts'
import { isFifo } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import type { Aws } from './sdk.ts'

/** Most bytes of a message in SQS: 1 MiB. */
const largestInSqs = 1_048_576

/** A message on its way to a topic or a queue. */
export interface Outgoing {
  /** For errors: the topic, or the queue. */
  readonly subject: string
  readonly text: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** Seconds; queues only. */
  readonly delay: number | undefined
  readonly fifo: { readonly groupId: string; readonly deduplicationId: string } | undefined
}

type Sizes = (message: Outgoing) => number

const bytesOf: Sizes = ({ text, attributes }) => Buffer.byteLength(text) + sizeOf(attributes)

/**
 * Publishes to topics and sends to queues. Messages for the same target that come within a few milliseconds go in one
 * call; to FIFO, one call after the other.
 */
export class Publisher {
  readonly #aws: Aws
  readonly #options: ResolvedOptions
  readonly #targets = new Map<string, Batcher<Outgoing, string>>()
  #lingers = true

  constructor(aws: Aws, options: ResolvedOptions) {
    this.#aws = aws
    this.#options = options
  }

  /**
   * Resolves with the id that SNS has given the message. Rejects with `MESSAGE_TOO_LARGE`, `PUBLISH_OVERFLOW`,
   * `PUBLISH_TIMEOUT` and `PUBLISH_REFUSED`, and with what the SDK says when the topic does not exist.
   */
  async publish(topicArn: string, message: Outgoing): Promise<string> {
    checkSize(message, batchBytes)
    return this.#add(topicArn, message, (messages) => this.#publishBatch(topicArn, messages))
  }

  /** The same for a queue. */
  async send(queueUrl: string, message: Outgoing): Promise<string> {
    checkSize(message, largestInSqs)
    return this.#add(queueUrl, message, (messages) => this.#sendBatch(queueUrl, messages))
  }

  /** From now on no message waits for company. */
  hurry(): void {
    this.#lingers = false
    for (const target of this.#targets.values()) target.hurry()
  }

  /** Gives up whatever is not confirmed. */
  close(): void {
    for (const target of this.#targets.values()) target.close()
  }

  async #add(target: string, message: Outgoing, call: BatchRules<Outgoing, string>['call']): Promise<string> {
    const { publishQueue } = this.#options
    const batcher = this.#batcher(target, call)
    const { waiting } = batcher
    if (waiting >= publishQueue)
      throw new TomodachiError('PUBLISH_OVERFLOW', { topic: message.subject, waiting })
    try {
      return await batcher.add(message)
    } catch (error) {
      throw publishError(error, message)
    }
  }

  #batcher(target: string, call: BatchRules<Outgoing, string>['call']): Batcher<Outgoing, string> {
    let batcher = this.#targets.get(target)
    if (!batcher) {
      const { publishLinger, publishWindow, publishTimeout } = this.#options
      batcher = new Batcher<Outgoing, string>({
        task: 'publishing messages',
        call,
        linger: publishLinger,
        window: isFifo(target) ? 1 : Math.ceil(publishWindow / batchSize),
        sizeOf: bytesOf,
        patience: publishTimeout,
        expired: ({ subject: topic }, last) =>
          new TomodachiError('PUBLISH_TIMEOUT', {
            topic,
            milliseconds: publishTimeout,
            reason: last === undefined ? 'AWS did not answer' : saidBy(last),
          }),
      })
      if (!this.#lingers) batcher.hurry()
      this.#targets.set(target, batcher)
    }
    return batcher
  }

  async #publishBatch(TopicArn: string, messages: readonly Outgoing[]) {
    const PublishBatchRequestEntries = messages.map(({ text, attributes, fifo }, index) => ({
      Id: String(index),
      Message: text,
      MessageAttributes: attributes,
      ...(fifo ? { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId } : {}),
    }))
    const answer = await this.#aws.sns.publishBatch({ TopicArn, PublishBatchRequestEntries })
    return outcomesOf(messages.length, answer, ({ MessageId = '' }) => MessageId)
  }

  async #sendBatch(QueueUrl: string, messages: readonly Outgoing[]) {
    const Entries = messages.map(({ text, attributes, fifo, delay }, index) => ({
      Id: String(index),
      MessageBody: text,
      MessageAttributes: attributes,
      ...(delay === undefined ? {} : { DelaySeconds: delay }),
      ...(fifo ? { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId } : {}),
    }))
    const answer = await this.#aws.sqs.sendMessageBatch({ QueueUrl, Entries })
    return outcomesOf(messages.length, answer, ({ MessageId = '' }) => MessageId)
  }
}

function checkSize(message: Outgoing, limit: number): void {
  const { subject: topic } = message
  if (message.text === '')
    throw new TomodachiError('PAYLOAD_UNBUILDABLE', { topic, reason: 'SNS and SQS carry no empty messages' })
  const bytes = bytesOf(message)
  if (bytes > limit) throw new TomodachiError('MESSAGE_TOO_LARGE', { topic, bytes, limit })
}

/** A queue or a topic that is gone is left to whoever has looked it up. */
function publishError(error: unknown, { subject: topic }: Outgoing): unknown {
  if (error instanceof TomodachiError || isMissing(error)) return error
  const known = awsError(error, `publishing to ${topic}`)
  if (known.code === 'CREDENTIALS_REFUSED') return known
  return new TomodachiError('PUBLISH_REFUSED', { topic, reason: saidBy(error) }, { cause: error })
}
