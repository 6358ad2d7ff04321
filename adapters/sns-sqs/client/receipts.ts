import type { ChangeMessageVisibilityBatchRequestEntry } from '@aws-sdk/client-sqs'
import { Outbox, type Outgoing, outside, type Sending } from '../../../kernel/adapter-kit.ts'
import { type BatchAnswer, batchSize, tell } from './batches.ts'
import { isTransient } from './errors.ts'
import type { Aws } from './sdk.ts'

/** Messages that may be under way: twenty calls. */
const window = 200
/** How long it is tried, in milliseconds. */
const patience = 30_000

/** What is to be done with a message that was received; its target is the URL of its queue. */
interface Receipt extends Outgoing {
  readonly handle: string
  /** Seconds from now on until it is seen again. */
  readonly seconds: number
}

/** Deletes received messages, or changes when they are seen again, up to ten of a queue in a call. */
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

  /** Rejects with what AWS has said last. */
  async delete(queueUrl: string, handle: string): Promise<void> {
    await this.#deletes.send('a delete', { target: queueUrl, handle, seconds: 0 })
  }

  /** Has a message seen again so many seconds from now. Rejects with what AWS has said last. */
  async hide(queueUrl: string, handle: string, seconds: number): Promise<void> {
    await this.#changes.send('a change of visibility', { target: queueUrl, handle, seconds })
  }

  /** Gives up whatever has no outcome. */
  close(): void {
    for (const outbox of [this.#deletes, this.#changes])
      outbox.close((subject) => new Error(`the bus was closed before ${subject} was confirmed`))
  }
}

/** What waits `linger` milliseconds for others, and goes with them. */
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
