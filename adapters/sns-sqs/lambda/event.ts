import { TomodachiError } from '../../../kernel/index.ts'
import type { systemAttributes } from '../wire/system-attributes.ts'

/** What Lambda calls a function with for messages of SQS (AWS Lambda developer guide, "Using Lambda with Amazon SQS"). */
export interface SqsEvent {
  readonly Records: readonly SqsRecord[]
}

/** One message of an `SqsEvent`. */
export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  /** What SQS says about the message. */
  readonly attributes: { readonly [Name in (typeof systemAttributes)[number]]?: string | undefined }
  readonly messageAttributes?: Readonly<Record<string, SqsRecordAttribute>> | undefined
  readonly md5OfBody?: string | undefined
  readonly eventSource?: string | undefined
  readonly eventSourceARN: string
  readonly awsRegion?: string | undefined
}

/** An attribute that the sender of a message gave it. */
export interface SqsRecordAttribute {
  readonly dataType: string
  readonly stringValue?: string | undefined
  /** In base64. */
  readonly binaryValue?: string | undefined
  /** Empty: SQS knows no lists. */
  readonly stringListValues?: readonly unknown[] | undefined
  /** Empty: SQS knows no lists. */
  readonly binaryListValues?: readonly unknown[] | undefined
}

/** What Lambda is answered: the messages that are to be handed out again. All others are deleted. */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}

/** The part of Lambda's context that is used. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number
}

/** The records of an event. Throws `LAMBDA_EVENT_INVALID` for an event that does not come from SQS. */
export function recordsIn(event: SqsEvent): readonly SqsRecord[] {
  const records: unknown = (event as SqsEvent | undefined | null)?.Records
  if (Array.isArray(records) && records.every(isRecord)) return records
  throw new TomodachiError('LAMBDA_EVENT_INVALID', { actual: event })
}

function isRecord(record: Partial<SqsRecord> | undefined): boolean {
  const { messageId, body, eventSourceARN } = record ?? {}
  return [messageId, body, eventSourceARN].every((value) => typeof value === 'string')
}
