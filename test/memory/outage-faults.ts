import { BatchFailure, type Settlement, type Topic } from 'tomodachi'
import type { Deliver, Settle } from 'tomodachi/adapter-kit'
import type { Fault, Faults } from './fault.ts'

const acked: Settlement = { state: 'acked', reply: undefined }
const deadLettered: Settlement = { state: 'deadLettered', reason: 'its process has died' }

function ackingFirst(deliver: Deliver): Deliver {
  return (envelope, settle) => {
    const delivery = deliver(envelope, () => {})
    ;(settle as Settle)(acked, delivery)
    return delivery
  }
}

/** What could not be read, or does not fit, takes the next batch along. */
function spoilingBatches(): NonNullable<Fault['deliver']> {
  let isSpoilt = false
  return (deliver) => (envelope, settle) => {
    if (envelope.failure) isSpoilt = true
    const spoils = isSpoilt && 'batch' in envelope.given
    return deliver(envelope, (settlement, delivery) =>
      (settle as Settle)(spoils ? deadLettered : settlement, delivery),
    )
  }
}

/** What goes wrong with processes, connections and brokers that die, and with batches. */
export const outageFaults: Faults = {
  'acks before it handles': [() => ({ deliver: ackingFirst }), ['C63 crash of a consumer', 'C04']],
  'forgets what a dead process had in hand': [
    () => ({ line: { hand: acked } }),
    ['C63 crash of a consumer', 'C64', 'C65'],
  ],
  'takes the death of a process for a failure of its messages': [
    () => ({ line: { hand: deadLettered } }),
    ['C63 crash of a consumer', 'C64', 'C65'],
  ],
  'does not count how often the process of a message has died': [
    () => ({ line: { uncounted: true } }),
    ['C66 killer'],
  ],
  'takes one message for another on a new connection': [() => ({ line: { mistaken: true } }), ['C38']],
  'confirms what it sends later': [
    () => ({
      publish: (publish) => async (topic, data, options) => {
        setTimeout(() => publish(topic, data, options).catch(() => {}), 30)
      },
    }),
    ['C31 confirmation', 'C63 crash of a publisher'],
  ],
  'confirms what it loses while its broker is away': [() => ({ line: { published: 'lost' } }), ['C64']],
  'never settles what was published while its broker was away': [
    () => ({ line: { published: 'left' } }),
    ['C64'],
  ],
  'is deaf when its broker is back': [() => ({ line: { deaf: true } }), ['C51 cut', 'C64', 'C65']],
  'is ready before its consumers are attached again': [() => ({ line: { early: true } }), ['C51 cut']],
  'keeps messages on no disk': [() => ({ line: { forgets: true } }), ['C65']],
  'fails a batch as a whole': [
    () => ({
      settle: (settlement) =>
        'error' in settlement && settlement.error instanceof BatchFailure
          ? { ...settlement, error: new Error('the batch has failed') }
          : settlement,
    }),
    ['C25 batch: several'],
  ],
  'gives batches of one message': [
    () => ({ options: (options) => ('batch' in options ? { ...options, batch: { size: 1 } } : options) }),
    ['C25 batch: several'],
  ],
  'knows no schema of a topic': [
    () => ({ topic: (topic) => (typeof topic === 'string' ? topic : withoutSchema(topic)) }),
    ['C25 batch with a schema', 'C19 invalid'],
  ],
  'spoils a batch with a message that does not fit': [
    () => ({ deliver: spoilingBatches() }),
    ['C25 batch with a schema'],
  ],
}

function withoutSchema({ schema: _, ...topic }: Topic): Topic {
  return topic
}
