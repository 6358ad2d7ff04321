import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import type { Outgoing, Sending } from '../../../kernel/adapter-kit.ts'

/** The most entries of a batch call, on SNS and on SQS. */
export const batchSize = 10
/** The most bytes of all messages of a batch call: 256 KiB. */
export const batchBytes = 262_144

/** The response of SNS and SQS to a batch call. */
export interface BatchAnswer {
  readonly Successful?:
    | readonly { readonly Id?: string | undefined; MessageId?: string | undefined }[]
    | undefined
  readonly Failed?: readonly Partial<BatchResultErrorEntry>[] | undefined
}

/**
 * Confirms or fails each entry of a batch call; the id of an entry is its place. `inWords` may turn the SDK's error
 * into another.
 */
export function tell<Message extends Outgoing>(
  entries: readonly Sending<Message>[],
  { Successful = [], Failed = [] }: BatchAnswer,
  inWords: (error: unknown, message: Message) => unknown = (error) => error,
): void {
  const fail = (entry: Sending<Message> | undefined, error: Error) =>
    entry?.fail(inWords(error, entry.message))
  for (const { Id, MessageId } of Successful) entries[Number(Id)]?.confirm(MessageId)
  for (const { Id, Code = '', Message = '', SenderFault = false } of Failed) {
    const $metadata = { httpStatusCode: SenderFault ? 400 : 500 }
    fail(entries[Number(Id)], Object.assign(new Error(Message || Code), { name: Code, $metadata }))
  }
  // Entries that already have an outcome keep it.
  for (const entry of entries) fail(entry, new Error('the response does not mention it'))
}
