import type { QueueDeclaration } from './topology.ts'

/** In every power of ten from 10 ms on: a wait is at most a third longer than it was asked for. */
const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]

/** The longest wait in one go, in milliseconds: 46 days. A queue's TTL ends at 2^32. */
export const longestWait = 4_000_000_000

/** How long a queue for waiting is kept after it was last declared, beyond the wait itself, in milliseconds. */
const keptUnused = 600_000

/**
 * The tier of a wait: the first of a few hundred that is not shorter. One queue holds the messages of one tier, all of
 * which wait equally long, so that none waits for another.
 */
export function tierOf(milliseconds: number): number {
  if (milliseconds >= longestWait) return longestWait
  const power = 10 ** Math.max(1, Math.floor(Math.log10(Math.max(1, milliseconds))))
  const step = steps.find((candidate) => Math.round(candidate * power) >= milliseconds) ?? 10
  return Math.round(step * power)
}

/** The queue in which messages of `queue` wait for one tier; from it the broker puts them back into `queue`. */
export function retryQueue(queue: QueueDeclaration, tier: number): QueueDeclaration {
  return {
    name: `${queue.name}.retry.${tier}`,
    arguments: {
      ...kindOf(queue),
      ...waiting(tier),
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': queue.name,
    },
    bindings: [],
  }
}

/** The queue of messages that could not be handled: as well replicated as the one that they come from. */
export function deadLetterQueue(name: string, queue: QueueDeclaration): QueueDeclaration {
  return { name, arguments: kindOf(queue), bindings: [] }
}

/**
 * Exchange and queue in which messages wait before they are published to `exchange`. The exchange takes every key, and
 * goes when its queue does.
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

function kindOf({
  arguments: { 'x-queue-type': kind },
}: QueueDeclaration): Readonly<Record<string, unknown>> {
  return kind === undefined ? {} : { 'x-queue-type': kind }
}
