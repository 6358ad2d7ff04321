import { Service } from 'tomodachi'
import { lambda } from 'tomodachi/sns-sqs'

/** As `@types/aws-lambda` declares them. */
interface SQSRecordAttributes {
  AWSTraceHeader?: string | undefined
  ApproximateReceiveCount: string
  SentTimestamp: string
  SenderId: string
  ApproximateFirstReceiveTimestamp: string
  SequenceNumber?: string | undefined
  MessageGroupId?: string | undefined
  MessageDeduplicationId?: string | undefined
}

interface SQSMessageAttribute {
  stringValue?: string | undefined
  binaryValue?: string | undefined
  stringListValues?: string[] | undefined
  binaryListValues?: string[] | undefined
  dataType: 'String' | 'Number' | 'Binary' | string
}

interface SQSRecord {
  messageId: string
  receiptHandle: string
  body: string
  attributes: SQSRecordAttributes
  messageAttributes: { [name: string]: SQSMessageAttribute }
  md5OfBody: string
  eventSource: string
  eventSourceARN: string
  awsRegion: string
}

interface Context {
  functionName: string
  getRemainingTimeInMillis(): number
}

interface SQSBatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}

type SQSHandler = (
  event: { Records: SQSRecord[] },
  context: Context,
  callback: (error?: Error | string | null, result?: SQSBatchResponse) => void,
) => Promise<SQSBatchResponse> | undefined

// A function of ours is one that the types of the community accept.
export const handler: SQSHandler = lambda(new Service(), new Service())
// @ts-expect-error services are not an array
lambda([new Service()])
