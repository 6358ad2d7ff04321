import { type Kernel, Service } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import {
  lambda,
  type SnsSqsGiven,
  type SqsBatchResponse,
  type SqsEvent,
  type SqsHandler,
  type SqsRecord,
} from 'tomodachi/sns-sqs'
import type { Scene } from './scene.ts'

/** A record of a standard queue as the AWS Lambda developer guide shows it ("Using Lambda with Amazon SQS"). */
export const standardRecord = {
  messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
  receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
  body: 'Test message.',
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1545082649183',
    SenderId: 'AIDAIENQZJOLO23YVJ4VO',
    ApproximateFirstReceiveTimestamp: '1545082649185',
  },
  messageAttributes: {
    myAttribute: { stringValue: 'myValue', stringListValues: [], binaryListValues: [], dataType: 'String' },
  },
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
  awsRegion: 'us-east-2',
} satisfies SqsRecord

/** A record of a FIFO queue, from the same guide. */
export const fifoRecord = {
  messageId: '11d6ee51-4cc7-4302-9e22-7cd8afdaadf5',
  receiptHandle: 'AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw...',
  body: 'Test message.',
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1573251510774',
    SequenceNumber: '18849496460467696128',
    MessageGroupId: '1',
    SenderId: 'AIDAIO23YVJENQZJOL4VO',
    MessageDeduplicationId: '1',
    ApproximateFirstReceiveTimestamp: '1573251510774',
  },
  messageAttributes: {},
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:fifo.fifo',
  awsRegion: 'us-east-2',
} satisfies SqsRecord

/** A body as SNS writes it without raw message delivery (Amazon SNS developer guide). */
export function notification(topic: string, Message: string, MessageAttributes: object = {}): string {
  return JSON.stringify({
    Type: 'Notification',
    MessageId: '63a3f6b6-d533-4a47-aef9-fcf5cf758c76',
    TopicArn: `arn:aws:sns:us-east-2:123456789012:${topic}`,
    Message,
    Timestamp: '2012-03-29T05:12:16.901Z',
    SignatureVersion: '1',
    Signature: 'EXAMPLEnTrFPa3...',
    SigningCertURL:
      'https://sns.us-east-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem',
    UnsubscribeURL: 'https://sns.us-east-2.amazonaws.com/?Action=Unsubscribe',
    MessageAttributes,
  })
}

/** What differs from the record of the guide. */
export type Change = Partial<Pick<SqsRecord, 'messageId' | 'body' | 'messageAttributes'>> & {
  readonly queue?: string
  readonly group?: string
  readonly receives?: number
}

/** An event with such records; their ids are `1`, `2`, …, and those with a group are of FIFO. */
export function eventOf(...changes: readonly Change[]): SqsEvent {
  const Records = changes.map(({ queue = 'q', group, receives = 1, ...change }, place) => {
    const record = group === undefined ? standardRecord : fifoRecord
    const attributes = {
      ...record.attributes,
      ApproximateReceiveCount: String(receives),
      ...(group !== undefined && { MessageGroupId: group }),
    }
    const eventSourceARN = `arn:aws:sqs:us-east-2:123456789012:${queue}`
    return { ...record, messageId: String(place + 1), ...change, attributes, eventSourceARN }
  })
  return { Records }
}

/** Texts without anything around them. */
export const text = { rawMessageDelivery: true, envelope: raw() } as const

export const bodies = (...texts: readonly string[]): Change[] => texts.map((body) => ({ body }))

/** Ids of what has failed. */
export const failed = ({ batchItemFailures }: SqsBatchResponse) =>
  batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)

const kernels: Kernel[] = []

/** The function of a service that `stopInvoked` stops. */
export function invoked(service: Service): SqsHandler {
  service.onStarted = ({ kernel }) => void kernels.push(kernel)
  return lambda(service)
}

/** Stops the services of all functions. */
export async function stopInvoked(): Promise<void> {
  await Promise.all(kernels.map((kernel) => kernel.stop()))
}

/** A service whose one handler gets the text of each message. */
export function handling(scene: Scene, handler: (text: string, given: SnsSqsGiven) => unknown): Service {
  return new Service().on(scene.bus().queue('q', text), async (given) => {
    await handler(given.data as string, given)
  })
}
