import type { MessageGiven } from '../../../kernel/index.ts'

/** What the bus gives to a handler. */
export interface SnsSqsGiven<Data = unknown> extends MessageGiven<Data> {
  /** The topic that was published to, without the prefix of the bus; empty for what was sent to the queue. */
  readonly topic: string
  readonly queueUrl: string
  readonly receiptHandle: string
  /** Values of the attributes, those of the queue's message before those in its body. */
  readonly messageAttributes: Readonly<Record<string, unknown>>
  /** As SQS counts, whatever became of the message then. */
  readonly approximateReceiveCount: number
  /** Empty for what was sent to the queue. */
  readonly snsMessageId: string
  readonly sqsMessageId: string
  /** `Notification` from a topic, `Message` when sent to the queue. */
  readonly messageType: string
  /** The body as SQS has it. */
  readonly rawMessageBody: string
  /** When it was published; ISO 8601, as SNS or the sender wrote it, else empty. */
  readonly messageTimestamp: string
  /** Of FIFO only. */
  readonly messageDeduplicationId: string | undefined
  /** Of FIFO only. */
  readonly messageGroupId: string | undefined
}
