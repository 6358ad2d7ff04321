import { Envelope } from '../../envelopes/index.ts'
import { type Actor, type Deliver, type Delivery, decode, type MessageSource } from '../../kernel/index.ts'
import type { MemoryBroker } from './broker.ts'
import type { Consumer, MemoryQueue, StoredMessage } from './queue.ts'
import { carryOut } from './settle.ts'

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
  const origin = { broker, queue, deadLetter: options.deadLetter ?? `${queue.name}.dead` }
  const inFlight = new Set<Delivery>()

  function take(message: StoredMessage): void {
    const envelope = envelopeOf(message)
    let delivery: Delivery | undefined
    let settled = false
    delivery = deliver(envelope, (settlement) => {
      settled = true
      if (delivery) inFlight.delete(delivery)
      carryOut(settlement, message, origin)
      queue.schedule()
    })
    if (!settled) inFlight.add(delivery)
  }

  function envelopeOf({ id, topic, payload, headers, failures }: StoredMessage): Envelope {
    const { data, metadata, failure } = decode(format, payload, topic)
    const attempt = failures + 1
    const details = { id: metadata?.messageUuid ?? id, attempt, headers }
    const given = { data, attempt, metadata, topic }
    return new Envelope(actor.address, given, failure ? { ...details, failure } : details)
  }

  const consumer: Consumer = { hasRoom: () => inFlight.size < limit, take }
  queue.attach(consumer)
  return {
    pause() {
      queue.detach(consumer)
      for (const delivery of inFlight) if (!delivery.started) delivery.cancel('the consumer is pausing')
    },
  }
}
