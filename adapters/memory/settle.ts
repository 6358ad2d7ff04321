import { deadLetterHeaders } from '../../kernel/adapter-kit.ts'
import { getLogger, type Settlement } from '../../kernel/index.ts'
import type { MemoryBroker } from './broker.ts'
import type { MemoryQueue, StoredMessage } from './queue.ts'

const log = getLogger('tomodachi.memory')

/** Where the messages of a consumer come from, and where those go that cannot be handled. */
export interface Origin {
  readonly broker: MemoryBroker
  readonly queue: MemoryQueue
  /** Name of the dead-letter queue. */
  readonly deadLetter: string
}

/** Does to a message what its settlement says. */
export function carryOut(settlement: Settlement, message: StoredMessage, origin: Origin): void {
  if (settlement.state === 'acked') return
  const { broker, queue } = origin
  const facts = { queue: queue.name, topic: message.topic, attempt: message.failures + 1 }
  if (settlement.state === 'dropped')
    return log.warn('message dropped', { ...facts, reason: settlement.reason })
  if (settlement.state === 'deadLettered') return setAside(settlement, message, origin)
  if (!settlement.failed) return queue.giveBack(message)
  const { after, error } = settlement
  log.warn('handler failed, will be retried', { ...facts, after, error })
  broker.enqueue(queue, { ...message, failures: message.failures + 1 }, after)
}

function setAside(
  settlement: Settlement & { readonly state: 'deadLettered' },
  message: StoredMessage,
  { broker, queue, deadLetter }: Origin,
): void {
  const { topic, failures, headers } = message
  const origin = { topic, queue: queue.name, attempts: failures + 1 }
  const { reason, error = reason } = settlement
  log.error('message dead-lettered', { ...origin, deadLetter, error })
  const reasons = deadLetterHeaders(settlement, origin)
  broker.enqueue(broker.queue(deadLetter), { ...message, headers: { ...headers, ...reasons }, failures: 0 })
}
