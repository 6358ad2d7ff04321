import type { MessageGiven } from '../../../kernel/index.ts'

/** What the bus gives to a handler. */
export interface SnsSqsGiven<Data = unknown> extends MessageGiven<Data> {
  /**
   * The topic that the message was published to, without the prefix of the bus; empty for a message that was sent to
   * the queue.
   */
  readonly topic: string
  readonly queueUrl: string
  readonly receiptHandle: string
  /** Values of the attributes. Attributes of the queue's message take precedence over those in its body. */
  readonly messageAttributes: Readonly<Record<string, unknown>>
  /** How often SQS has handed the message out, including receives that were given back unhandled. */
  readonly approximateReceiveCount: number
  /** Id that SNS gave the message; empty for a message that was sent to the queue. */
  readonly snsMessageId: string
  readonly sqsMessageId: string
  /** `Notification` from a topic, `Message` when sent to the queue. */
  readonly messageType: string
  /** The body as SQS delivered it. */
  readonly rawMessageBody: string
  /** When it was published, in ISO 8601 as SNS or the sender wrote it; empty if unknown. */
  readonly messageTimestamp: string
  /** FIFO only. */
  readonly messageDeduplicationId: string | undefined
  /** The group of a FIFO message, or that of a message in a fair queue. */
  readonly messageGroupId: string | undefined
  /** FIFO only: a number of up to 39 digits that grows with each message of the group. */
  readonly sequenceNumber: string | undefined
  /** When SQS took the message into the queue. */
  readonly sentTimestamp: Date | undefined
  /** When SQS first handed the message out. */
  readonly approximateFirstReceiveTimestamp: Date | undefined
  /** Who sent the message to the queue: the id of a user or role, or the address of a service; for SNS an id of SNS. */
  readonly senderId: string | undefined
  /** The X-Ray header of a message that is traced: `Root=1-…;Parent=…;Sampled=1`. */
  readonly awsTraceHeader: string | undefined
}
