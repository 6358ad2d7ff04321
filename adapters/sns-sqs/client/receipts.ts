import type { ChangeMessageVisibilityBatchRequestEntry } from '@aws-sdk/client-sqs'
import { Outbox, type Outgoing, outside, type Sending } from '../../../kernel/adapter-kit.ts'
import { type BatchAnswer, batchSize, tell } from './batches.ts'
import { isTransient } from './errors.ts'
import type { Aws } from './sdk.ts'

/** Messages that may be under way: twenty calls. */
const window = 200
/** How long a call is repeated, in milliseconds. */
const patience = 30_000

/** A change to a message that was received; its target is the URL of the queue. */
interface Receipt extends Outgoing {
  readonly handle: string
  /** Seconds until the message becomes visible again. */
  readonly seconds: number
}

/** Deletes received messages, or changes when they become visible again: up to ten of a queue in one call. */
export class Receipts {
  readonly #deletes: Outbox<Receipt>
  readonly #changes: Outbox<Receipt>

  constructor({ sqs }: Aws) {
    this.#deletes = outboxOf(50, (QueueUrl, entries) => {
      const Entries = entries.map(({ Id, ReceiptHandle }) => ({ Id, ReceiptHandle }))
      return sqs.deleteMessageBatch({ QueueUrl, Entries })
    })
    this.#changes = outboxOf(5, (QueueUrl, Entries) =>
      sqs.changeMessageVisibilityBatch({ QueueUrl, Entries }),
    )
  }

  /** Rejects with the last error of AWS. */
  async delete(queueUrl: string, handle: string): Promise<void> {
    await this.#deletes.send('a delete', { target: queueUrl, handle, seconds: 0 })
  }

  /** Makes a message visible again after so many seconds. Rejects with the last error of AWS. */
  async hide(queueUrl: string, handle: string, seconds: number): Promise<void> {
    await this.#changes.send('a change of visibility', { target: queueUrl, handle, seconds })
  }

  /** Gives up whatever is not confirmed. */
  close(): void {
    for (const outbox of [this.#deletes, this.#changes])
      outbox.close((subject) => new Error(`the bus was closed before ${subject} was confirmed`))
  }
}

/** An outbox whose receipts wait `linger` milliseconds for others, to share a call with them. */
function outboxOf(
  linger: number,
  call: (queueUrl: string, entries: ChangeMessageVisibilityBatchRequestEntry[]) => Promise<BatchAnswer>,
): Outbox<Receipt> {
  const outbox = new Outbox<Receipt>({
    limits: { entries: batchSize, linger },
    window,
    patience,
    isPassing: isTransient,
    expired: (subject, reason) => new Error(`${subject} was not confirmed in time: ${reason}`),
  })
  const send = async (queueUrl: string, receipts: readonly Sending<Receipt>[]) => {
    const entries = receipts.map(({ message: { handle, seconds } }, place) => {
      return { Id: String(place), ReceiptHandle: handle, VisibilityTimeout: seconds }
    })
    tell(receipts, await call(queueUrl, entries))
  }
  outbox.attach((queueUrl, receipts) => outside(send, undefined, queueUrl, receipts))
  return outbox
}
