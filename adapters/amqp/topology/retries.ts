import type { QueueDeclaration } from './topology.ts'

/** Steps within each power of ten, from 10 ms on: a wait becomes at most a third longer. */
const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]

/** The longest wait in one queue, in milliseconds: 46 days. RabbitMQ allows less than 2^32. */
export const longestWait = 4_000_000_000

/** A quorum queue counts each return of a message. After so many it is given a copy instead, before a limit is reached. */
export const mostReturns = 2

/** How long a waiting queue is kept after it was last declared, in addition to the wait itself, in milliseconds. */
const keptUnused = 600_000

/**
 * The tier of a wait: the shortest of a few hundred fixed waits that is long enough. Each queue holds the messages of
 * one tier, so all of them wait equally long and none holds up another.
 */
export function tierOf(milliseconds: number): number {
  if (milliseconds >= longestWait) return longestWait
  const power = 10 ** Math.max(1, Math.floor(Math.log10(Math.max(1, milliseconds))))
  const step = steps.find((candidate) => Math.round(candidate * power) >= milliseconds) ?? 10
  return Math.round(step * power)
}

/**
 * The queue in which messages of `queue` wait for the time of one tier. Then the broker puts them back into `queue`. It is
 * of the same kind, and the kind is in its name: waiting queues of a queue that was of another kind may still exist.
 */
export function retryQueue(queue: QueueDeclaration, tier: number): QueueDeclaration {
  return {
    name: `${backTo(queue)}.${isQuorum(queue) ? 'qretry' : 'retry'}.${tier}`,
    arguments: {
      ...kindOf(queue),
      ...waiting(tier),
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': backTo(queue),
    },
    bindings: [],
  }
}

/** The name of the queue that retries of `queue` come back into. */
export function backTo({ name, retried = name }: QueueDeclaration): string {
  return retried
}

/** The queue for the retries of a queue with a limit, which might refuse or drop them. It is consumed with it. */
export function retriedQueue(queue: QueueDeclaration): QueueDeclaration {
  const { 'x-expires': expires } = queue.arguments
  return {
    name: backTo(queue),
    arguments: { ...kindOf(queue), ...(expires === undefined ? {} : { 'x-expires': expires }) },
    bindings: [],
  }
}

/** The queue for messages that could not be handled. It is replicated if the queue they come from is. */
export function deadLetterQueue(name: string, queue: QueueDeclaration): QueueDeclaration {
  return { name, arguments: kindOf(queue), bindings: [] }
}

/** The queue beside `queue` that keeps how often its messages came back: as long as messages can come back from a day ago. */
export function redeliveryQueue({ name }: QueueDeclaration): QueueDeclaration {
  return {
    name: `${name}.redelivered`,
    // Only one instance at a time may have what it keeps, and a quorum queue would limit how often.
    arguments: { 'x-queue-type': 'classic', 'x-expires': 86_400_000 },
    bindings: [],
  }
}

/**
 * Exchange and queue in which messages wait before they are published to `exchange`. The waiting exchange takes every key,
 * and is deleted with its queue.
 */
export function delayQueue(exchange: string, tier: number): QueueDeclaration {
  const name = `tomodachi.delay.${exchange}.${tier}`
  return {
    name,
    arguments: { ...waiting(tier), 'x-dead-letter-exchange': exchange },
    bindings: [{ exchange: name, key: '' }],
    ownExchange: name,
  }
}

function waiting(tier: number): Readonly<Record<string, unknown>> {
  return { 'x-message-ttl': tier, 'x-expires': tier + keptUnused }
}

/** Whether a queue is declared as a quorum queue. */
export function isQuorum(queue: QueueDeclaration): boolean {
  return queue.arguments['x-queue-type'] === 'quorum'
}

/** Whether a quorum queue drops what it has returned too often, as far as is known: RabbitMQ 4 has a limit by default. */
export function mayDrop(queue: QueueDeclaration): boolean {
  return isQuorum(queue) && queue.arguments['x-dead-letter-exchange'] === undefined
}

function kindOf(queue: QueueDeclaration): Readonly<Record<string, unknown>> {
  return isQuorum(queue) ? { 'x-queue-type': 'quorum' } : {}
}
