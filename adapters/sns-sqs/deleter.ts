import { Batcher, outcomesOf } from './batcher.ts'
import type { Aws } from './sdk.ts'

/** How long a delete waits for others, in milliseconds. */
const deleteLinger = 50
/** How long a release waits for others, in milliseconds. */
const releaseLinger = 5
const window = 10
/** How long it is tried, in milliseconds. */
const patience = 30_000

/** Deletes messages of one queue, by receipt handle, up to ten in a call. */
export function deleter(aws: Aws, queueUrl: string): Batcher<string, void> {
  return new Batcher<string, void>({
    task: 'deleting messages',
    linger: deleteLinger,
    window,
    patience,
    expired: (_, last) => last ?? new Error('the message was not deleted in time'),
    async call(handles) {
      const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
      const answer = await aws.sqs.deleteMessageBatch({ QueueUrl: queueUrl, Entries })
      return outcomesOf(handles.length, answer, () => {})
    },
  })
}

/** A message that is to be seen again, so many seconds from now. */
export interface Visibility {
  readonly handle: string
  readonly seconds: number
}

/** Changes when messages of one queue are seen again, up to ten in a call. */
export function visibilityChanger(aws: Aws, queueUrl: string): Batcher<Visibility, void> {
  return new Batcher<Visibility, void>({
    task: 'changing the visibility of messages',
    linger: releaseLinger,
    window,
    patience,
    expired: (_, last) => last ?? new Error('the visibility was not changed in time'),
    call: async (changes) => {
      const Entries = changes.map(({ handle, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: seconds,
      }))
      const answer = await aws.sqs.changeMessageVisibilityBatch({ QueueUrl: queueUrl, Entries })
      return outcomesOf(changes.length, answer, () => {})
    },
  })
}
