import type { MessageSystemAttributeName } from '@aws-sdk/client-sqs'

/** What a receive asks for. It makes no call dearer, and `AWSTraceHeader` comes only with messages that are traced. */
export const systemAttributes = [
  'ApproximateReceiveCount',
  'ApproximateFirstReceiveTimestamp',
  'AWSTraceHeader',
  'MessageDeduplicationId',
  'MessageGroupId',
  'SenderId',
  'SentTimestamp',
  'SequenceNumber',
] as const satisfies readonly MessageSystemAttributeName[]
