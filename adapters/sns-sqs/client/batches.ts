import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import type { Outgoing, Sending } from '../../../kernel/adapter-kit.ts'

/** Most entries of a batch call, by SNS and by SQS. */
export const batchSize = 10
/** Most bytes of the messages of a batch call: 256 KiB. */
export const batchBytes = 262_144

/** What SNS and SQS answer to a batch call. */
export interface BatchAnswer {
  readonly Successful?:
    | readonly { readonly Id?: string | undefined; MessageId?: string | undefined }[]
    | undefined
  readonly Failed?: readonly Partial<BatchResultErrorEntry>[] | undefined
}

/**
 * Tells what has become of each entry of a batch call, where it has its place for an id: its message id, or an error
 * such as the SDK makes for whole calls, in other words.
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
  // Those that have an outcome keep it.
  for (const entry of entries) fail(entry, new Error('the answer does not mention it'))
}
