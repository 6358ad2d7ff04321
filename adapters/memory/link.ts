import type { Payload, WireHeaders } from '../../envelopes/index.ts'
import type {
  Arrival,
  BoundQueue,
  Consumer,
  DeadLetterItem,
  DeadLetterReader,
  Link,
  Outgoing,
  Receiver,
} from '../../kernel/adapter-kit.ts'
import { withoutDeadLetterHeaders } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import type { MemoryBroker } from './memory-broker.ts'
import type { MemoryQueue } from './queue.ts'
import type { StoredMessage } from './stored-message.ts'

/** A message as it is published. */
export interface MemoryMessage extends Outgoing {
  readonly topic: string
  readonly payload: Payload
  readonly headers: WireHeaders
  /** In milliseconds. */
  readonly delay: number
}

/** The connection of one bus to a broker; it is never lost. `closed` is called when it ends. */
export function linkTo(
  broker: MemoryBroker,
  closed: () => void,
): Link<BoundQueue, StoredMessage, MemoryMessage> {
  broker.attach()
  return {
    async consume(queue, receiver) {
      const stored = broker.queue(queue.name)
      broker.bind(stored, queue.pattern)
      broker.setAsideIn(queue.name, queue.deadLetter)
      return consumerOf(broker, stored, queue, receiver)
    },
    send(_, messages) {
      for (const sending of messages) {
        const { topic, payload, headers, delay } = sending.message
        broker.publish(topic, payload, headers, delay)
        sending.confirm()
      }
    },
    count: async (queue) => broker.count(queue),
    open: async (queue) => (broker.has(queue) ? readerOf(broker, queue) : undefined),
    async close() {
      broker.detach()
      closed()
    },
  }
}

/** A message as it is handed out. */
class MemoryArrival implements Arrival<StoredMessage> {
  readonly handle: StoredMessage
  readonly given: object

  constructor(handle: StoredMessage) {
    this.handle = handle
    // With every name: the kernel sets the values, and an object that grows is allocated more than once.
    this.given = {
      topic: handle.topic,
      data: undefined,
      attempt: this.attempt,
      redeliveries: 0,
      metadata: undefined,
      headers: handle.headers,
    }
  }

  get id(): string {
    return this.handle.id
  }

  get topic(): string {
    return this.handle.topic
  }

  get payload(): Payload {
    return this.handle.payload
  }

  get headers(): WireHeaders {
    return this.handle.headers
  }

  get attempt(): number {
    return this.handle.failures + 1
  }
}

function consumerOf(
  broker: MemoryBroker,
  stored: MemoryQueue,
  { deadLetter, isOwn }: BoundQueue,
  receiver: Receiver<StoredMessage>,
): Consumer<StoredMessage> {
  const taker = {
    hasRoom: () => receiver.room > 0,
    take: (message: StoredMessage) => void receiver.take(new MemoryArrival(message)),
  }
  stored.attach(taker)
  return {
    ack: () => {},
    release: (message) => stored.giveBack(message),
    retry: (message, after, attempt) =>
      broker.enqueue(stored, message.with({ failures: attempt - 1 }), after),
    setAside: (message, reasons) =>
      broker.enqueue(
        broker.queue(deadLetter),
        message.with({ headers: { ...message.headers, ...reasons }, failures: 0 }),
      ),
    more: () => stored.schedule(),
    stop: () => stored.detach(taker),
    async close() {
      if (isOwn) broker.remove(stored)
    },
  }
}

interface DeadMessage extends DeadLetterItem {
  readonly message: StoredMessage
}

function readerOf(broker: MemoryBroker, name: string): DeadLetterReader<DeadMessage> {
  const queue = broker.queue(name)
  const inHand = new Set<StoredMessage>()
  return {
    async take(most) {
      const items: DeadMessage[] = []
      for (let message: StoredMessage | undefined; items.length < most; ) {
        message = queue.take()
        if (!message) break
        inHand.add(message)
        items.push({ id: message.id, payload: message.payload, headers: message.headers, message })
      }
      return items
    },
    async putBack({ message }, to) {
      if (!broker.has(to)) throw new TomodachiError('PUBLISH_UNROUTABLE', { topic: message.topic })
      const headers = withoutDeadLetterHeaders(message.headers)
      broker.enqueue(broker.queue(to), message.with({ headers }))
    },
    ack: ({ message }) => {
      inHand.delete(message)
    },
    close: async () => queue.putFirst([...inHand]),
  }
}
