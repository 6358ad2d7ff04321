import { Envelope } from '../../envelopes/index.ts'
import {
  type Actor,
  type Deliver,
  type Delivery,
  deadLetterHeaders,
  decode,
  getLogger,
  type MessageSource,
  type Settlement,
} from '../../kernel/index.ts'
import type { MemoryBroker } from './broker.ts'
import type { Consumer, MemoryQueue, StoredMessage } from './queue.ts'

/** Messages that may wait for others of their key: enough to find work for every free slot, and bounded. */
const orderedPrefetch = 100

/** Consumes one queue for one actor. */
export interface Consumption {
  /** Takes no more; gives back what has not started. */
  pause(): void
}

/** Attaches an actor to its queue. */
export function consume(
  broker: MemoryBroker,
  queue: MemoryQueue,
  actor: Actor,
  deliver: Deliver,
): Consumption {
  const { format, options } = actor.source as MessageSource
  const limit = actor.ordered ? Math.max(actor.concurrency, orderedPrefetch) : actor.concurrency
  const inFlight = new Set<Delivery>()
  const log = getLogger('tomodachi.memory')
  const consumer: Consumer = { hasRoom: () => inFlight.size < limit, take }
  queue.attach(consumer)

  function take(message: StoredMessage): void {
    const { data, metadata, failure } = decode(format, message.payload, message.topic)
    const attempt = message.failures + 1
    const given = { data, attempt, metadata, topic: message.topic }
    const details = { id: metadata?.messageUuid ?? message.id, attempt, headers: message.headers }
    const envelope = new Envelope(actor.address, given, failure ? { ...details, failure } : details)
    let delivery: Delivery | undefined
    let settled = false
    delivery = deliver(envelope, (settlement) => {
      settled = true
      if (delivery) inFlight.delete(delivery)
      carryOut(settlement, message)
      queue.schedule()
    })
    if (!settled) inFlight.add(delivery)
  }

  function carryOut(settlement: Settlement, message: StoredMessage): void {
    if (settlement.state === 'acked') return
    const facts = { queue: queue.name, topic: message.topic, attempt: message.failures + 1 }
    if (settlement.state === 'released') {
      if (!settlement.failed) return queue.giveBack(message)
      log.warn('handler failed, will be retried', {
        ...facts,
        after: settlement.after,
        error: settlement.error,
      })
      return broker.enqueue(queue, { ...message, failures: message.failures + 1 }, settlement.after)
    }
    if (settlement.state === 'dropped') {
      return log.warn('message dropped', { ...facts, reason: settlement.reason })
    }
    const dead = options.deadLetter ?? `${queue.name}.dead`
    log.error('message dead-lettered', {
      ...facts,
      deadLetter: dead,
      error: settlement.error ?? settlement.reason,
    })
    const origin = { topic: message.topic, queue: queue.name, attempts: message.failures + 1 }
    broker.enqueue(broker.queue(dead), {
      ...message,
      headers: { ...message.headers, ...deadLetterHeaders(settlement, origin) },
      failures: 0,
    })
  }

  return {
    pause() {
      queue.detach(consumer)
      for (const delivery of inFlight) if (!delivery.started) delivery.cancel('the consumer is pausing')
    },
  }
}
