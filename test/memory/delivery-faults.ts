import { setTimeout as sleep } from 'node:timers/promises'
import type { Settlement } from 'tomodachi'
import type { Deliver, Settle } from 'tomodachi/adapter-kit'
import { Envelope } from 'tomodachi/envelopes'
import { type Fault, type Faults, refuse } from './fault.ts'

const acked: Settlement = { state: 'acked', reply: undefined }
const hasFailed = (settlement: Settlement) => settlement.state === 'released' && settlement.failed

function waitingInLine(): NonNullable<Fault['settle']> {
  let line: Promise<unknown> = Promise.resolve()
  return (settlement) => {
    if (settlement.state !== 'released' || !settlement.failed) return settlement
    line = line.then(() => sleep(settlement.after))
    return line.then(() => ({ ...settlement, after: 0 }))
  }
}

function deafAtFirst(deliver: Deliver): Deliver {
  return (envelope, settle) => {
    let returned = false
    const delivery = deliver(envelope, (settlement, own) =>
      returned ? (settle as Settle)(settlement, own) : undefined,
    )
    returned = true
    return delivery
  }
}

function takingAway(deliver: Deliver): Deliver {
  return (envelope, settle) => {
    const delivery = deliver(envelope, settle)
    setTimeout(() => delivery.cancel('the lease was too short'), 15)
    return delivery
  }
}

function countingNothing(deliver: Deliver): Deliver {
  return (envelope, settle) => {
    const { address, given, id, headers } = envelope
    return deliver(new Envelope(address, { ...given, attempt: 1 }, { id, headers }), settle)
  }
}

function repeating(deliver: Deliver): Deliver {
  return (envelope, settle) => {
    deliver(envelope, () => {})
    return deliver(envelope, settle)
  }
}

let published = 0

/** What goes wrong on the way of a message. */
export const deliveryFaults: Faults = {
  'acks what failed': [
    () => ({ settle: (settlement) => (hasFailed(settlement) ? acked : settlement) }),
    [
      'C04',
      'C08',
      'C17',
      'C18 dead letter',
      'C19 publishing handler',
      'C21 retry delay',
      'C46',
      'C48 throwing at once',
      'C48 throwing anything',
    ],
  ],
  'acks what was released': [
    () => ({ settle: (settlement) => (settlement.state === 'released' ? acked : settlement) }),
    ['C27'],
  ],
  'drops what should be set aside': [
    () => ({ settle: (settlement) => (settlement.state === 'deadLettered' ? acked : settlement) }),
    [
      'C18 dead letter',
      'C18 choice',
      'C19 unparsable',
      'C19 invalid',
      'C46',
      'C48 throwing at once',
      'C48 throwing anything',
    ],
  ],
  'does not retry errors with a cause': [
    () => ({
      settle: (settlement) =>
        'error' in settlement && settlement.error instanceof Error && settlement.error.cause
          ? acked
          : settlement,
    }),
    ['C46'],
  ],
  'never settles': [() => ({ settle: () => undefined }), ['C45', 'C05 settle first: with']],
  'does not settle what ends at once': [
    () => ({ deliver: deafAtFirst }),
    ['C48 throwing at once', 'C18 dead letter'],
  ],
  'takes messages away from running handlers': [() => ({ deliver: takingAway }), ['C12', 'C22']],
  'counts no attempts': [() => ({ deliver: countingNothing }), ['C17']],
  'retries at once': [
    () => ({ settle: (settlement) => (hasFailed(settlement) ? { ...settlement, after: 0 } : settlement) }),
    ['C21 retry delay', 'C21 overtaking'],
  ],
  'retries in line': [() => ({ settle: waitingInLine() }), ['C21 retry delay', 'C21 overtaking']],
  'makes text of what was thrown': [
    () => ({
      settle(settlement) {
        if ('error' in settlement) `${settlement.error}`.trim()
        return settlement
      },
    }),
    ['C48 throwing anything'],
  ],
  'drops a promise': [
    () => ({
      settle: (settlement) => {
        if (settlement.state !== 'acked') void refuse()
        return settlement
      },
    }),
    ['C47'],
  ],
  'ignores concurrency': [
    () => ({ options: (options) => ({ ...options, concurrency: 1_000 }) }),
    ['C05 settle first: with', 'C22', 'C23', 'C24'],
  ],
  'ignores the order of keys': [
    () => ({ options: ({ orderBy: _, ...options }) => options }),
    ['C05 settle first: the second', 'C24'],
  ],
  hoards: [() => ({ options: (options) => ({ ...options, orderBy: () => Symbol('own') }) }), ['C23']],
  'loses its queues at the end': [
    () => ({ options: ({ queue: _, ...options }) => ({ ...options, competing: false }) }),
    ['C01', 'C02', 'C08', 'C13', 'C54'],
  ],
  'knows no queues': [() => ({ options: ({ queue: _, ...options }) => options }), ['C16 groups']],
  'chooses dead-letter queues itself': [
    () => ({ options: ({ deadLetter: _, ...options }) => options }),
    ['C68'],
  ],
  'always competes': [() => ({ options: (options) => ({ ...options, competing: true }) }), ['C16 everyone']],
  'takes every topic': [() => ({ topic: () => '#' }), ['C03', 'C11 topics', 'C11 wildcards']],
  'takes # for a word': [
    () => ({ topic: (topic) => (topic as string).replaceAll('#', '*') }),
    ['C11 wildcards'],
  ],
  'publishes twice': [
    () => ({
      publish: (publish) => async (topic, data, options) => {
        await publish(topic, data, options)
        await publish(topic, data, options)
      },
    }),
    ['C02', 'C04', 'C26'],
  ],
  'hands out twice': [
    () => ({ deliver: repeating }),
    ['C02', 'C03', 'C09', 'C13', 'C16 groups', 'C22', 'C26'],
  ],
  'loses a message now and then': [
    () => ({
      publish: (publish) => async (topic, data, options) => {
        if (++published % 10 !== 0) await publish(topic, data, options)
      },
    }),
    ['C01', 'C02', 'C07', 'C09', 'C10', 'C26'],
  ],
  'loses headers': [
    () => ({ publish: (publish) => (topic, data) => publish(topic, data) }),
    ['C01', 'C18 dead letter', 'C21 publish delay'],
  ],
  'mixes messages up': [
    () => ({
      publish: (publish) => (topic, data, options) =>
        publish(topic, data, { ...options, delay: 1 + Math.random() * 20 }),
    }),
    ['C09', 'C24'],
  ],
  'refuses to publish while it drains': [
    () => ({
      publish:
        (publish, bus) =>
        async (...message) =>
          bus.paused ? refuse() : publish(...message),
    }),
    ['C30'],
  ],
  'leaves publishers waiting while it drains': [
    () => ({
      publish:
        (publish, bus) =>
        async (...message) =>
          bus.paused ? new Promise<void>(() => {}) : publish(...message),
    }),
    ['C10', 'C30'],
  ],
  'confirms what it loses while it drains': [
    () => ({
      publish:
        (publish, bus) =>
        async (...message) =>
          bus.paused ? undefined : publish(...message),
    }),
    ['C10', 'C30'],
  ],
  'goes on while it drains': [() => ({ pause: async () => {} }), ['C26']],
  'says too early that it has started': [
    () => ({
      async start(start) {
        setTimeout(start, 300)
      },
    }),
    ['C50'],
  ],
  'starts only once': [() => ({ start: (start, bus) => (bus.starts > 1 ? refuse() : start()) }), ['C54']],
  'fails to close': [() => ({ close: (close) => close().then(refuse) }), ['C07', 'C28']],
}
