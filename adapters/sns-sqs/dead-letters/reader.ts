import type { BrokerSession, DeadLetterItem, DeadLetterReader } from '../../../kernel/adapter-kit.ts'
import { batchSize } from '../client/batches.ts'
import { redriven } from '../consuming/dead-letter.ts'
import type { Tools } from '../topology/topology.ts'
import { decodeTopic, shortName } from '../wire/names.ts'
import type { AwsMessage } from '../wire/outgoing.ts'
import { type Received, received } from '../wire/received.ts'

/** How many seconds the messages being worked on are hidden from others: longer than a copy and a delete take. */
const hidden = 120

/** A dead letter as it was received. */
interface ReceivedItem extends DeadLetterItem {
  readonly received: Received
  /** On the clock of `performance.now()`. */
  readonly hiddenUntil: number
}

/** Reads the messages of a queue. `patiently` repeats calls until they succeed, or the queue is gone. */
export function readerOf(
  url: string,
  { aws, receipts }: Tools,
  session: Pick<BrokerSession<AwsMessage>, 'send'>,
  patiently: <T>(calls: () => Promise<T>) => Promise<T | undefined>,
): DeadLetterReader<ReceivedItem> {
  const inHand = new Set<ReceivedItem>()

  async function receive(count: number): Promise<readonly ReceivedItem[]> {
    const { Messages = [] } = await aws.sqs.receiveMessage({
      QueueUrl: url,
      MaxNumberOfMessages: count,
      WaitTimeSeconds: 1,
      VisibilityTimeout: hidden,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    })
    return Messages.map((message) => itemOf(received(message, true)))
  }

  return {
    async take(most) {
      const counts = Array.from({ length: Math.ceil(most / batchSize) }, (_, index) =>
        Math.min(batchSize, most - index * batchSize),
      )
      const receiving = counts.map((count) => patiently(() => receive(count)))
      const items = (await Promise.all(receiving)).flatMap((found = []) => found)
      for (const item of items) inHand.add(item)
      return items
    },
    putBack: (item, to) => session.send(to, redriven(item.received, to)),
    async ack(item) {
      await receipts.delete(url, item.received.handle, item)
      inHand.delete(item)
    },
    async close() {
      // If this fails for a message, it comes back by itself.
      await Promise.allSettled(
        [...inHand].map(({ received: { handle } }) => receipts.hide(url, handle, 0, { hiddenUntil: 0 })),
      )
    },
  }
}

function itemOf(message: Received): ReceivedItem {
  const { DeadLetterQueueSourceArn: origin, SentTimestamp } = message.message.Attributes ?? {}
  // By the clock of AWS, from which that of this machine may differ.
  const sent = SentTimestamp === undefined ? undefined : new Date(Number(SentTimestamp)).toJSON()
  return {
    id: message.sqsMessageId,
    // Set aside by a redrive policy, which keeps the id, or by us.
    copies: [message.sqsMessageId, message.attributes['x-dead-letter-id']],
    payload: message.payload ?? message.body,
    headers: { 'x-dead-letter-time': sent, ...message.attributes },
    topic: message.topic === '' ? undefined : decodeTopic(message.topic),
    queue: origin === undefined ? undefined : shortName(origin),
    received: message,
    hiddenUntil: performance.now() + hidden * 1_000,
  }
}
