import type { ChangeMessageVisibilityBatchRequestEntry } from '@aws-sdk/client-sqs'
import { Outbox, type Outgoing, outside, type Sending } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { type BatchAnswer, batchSize, tell } from './batches.ts'
import { isTransient, isUnauthenticated, saidBy } from './errors.ts'
import type { Aws } from './sdk.ts'

/** Messages that may be under way: twenty calls. */
const window = 200
/** The longest time that a message can be hidden, in milliseconds: 12 hours. */
const patience = 43_200_000

/** As long as a message is hidden from others, calls for it are repeated. */
export interface Hold {
  /** On the clock of `performance.now()`. It may grow. */
  readonly hiddenUntil: number
}

/** A change to a message that was received; its target is the URL of the queue. */
interface Receipt extends Outgoing {
  readonly handle: string
  /** Seconds until the message becomes visible again. */
  readonly seconds: number
  readonly hold: Hold
  /** Why the last call for it failed. */
  failure?: unknown
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
  async delete(queueUrl: string, handle: string, hold: Hold): Promise<void> {
    await this.#deletes.send('a delete', { target: queueUrl, handle, seconds: 0, hold })
  }

  /** Makes a message visible again after so many seconds. Rejects with the last error of AWS. */
  async hide(queueUrl: string, handle: string, seconds: number, hold: Hold): Promise<void> {
    await this.#changes.send('a change of visibility', { target: queueUrl, handle, seconds, hold })
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
    isPassing: (error) => isTransient(error) || isUnauthenticated(error),
    expired: (subject, reason) => new Error(`${subject} was not confirmed in time: ${reason}`),
  })
  const send = async (queueUrl: string, receipts: readonly Sending<Receipt>[]) => {
    const current = receipts.filter((receipt) => !isOver(receipt))
    if (current.length === 0) return
    const entries = current.map(({ message: { handle, seconds } }, place) => {
      return { Id: String(place), ReceiptHandle: handle, VisibilityTimeout: seconds }
    })
    try {
      tell(current, await call(queueUrl, entries), failed)
    } catch (error) {
      for (const { message } of current) failed(error, message)
      throw error
    }
  }
  outbox.attach((queueUrl, receipts) => outside(send, undefined, queueUrl, receipts))
  return outbox
}

function failed(error: unknown, message: Receipt): unknown {
  message.failure = error
  return error
}

/** Gives a call up that has failed, for a message that others may have by now. */
function isOver(receipt: Sending<Receipt>): boolean {
  const { failure, hold } = receipt.message
  if (failure === undefined || performance.now() < hold.hiddenUntil) return false
  receipt.fail(new TomodachiError('BROKER_REFUSED', { reason: saidBy(failure) }, { cause: failure }))
  return true
}
