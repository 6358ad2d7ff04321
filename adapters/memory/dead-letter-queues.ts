import {
  type Actor,
  deadLetterMessage,
  type MessageSource,
  withoutDeadLetterHeaders,
  workThrough,
} from '../../kernel/adapter-kit.ts'
import { type DeadLetterQueue, type DeadLetterQueues, TomodachiError } from '../../kernel/index.ts'
import type { MemoryBroker } from './broker.ts'
import type { StoredMessage } from './queue.ts'
import { queueOf } from './queues.ts'

/** The dead-letter queue of a queue. */
export function deadLetterOf(source: MessageSource, queue: string): string {
  return source.options.deadLetter ?? `${queue}.dead`
}

/** What can be done with the dead letters of a broker; `check` throws when the bus is not started. */
export function deadLetterQueues(broker: MemoryBroker, check: (operation: string) => void): DeadLetterQueues {
  /** Puts a message back into the queue that it came from. */
  function putBack(message: StoredMessage, deadLetter: string, to: string | undefined): void {
    const { topic, headers } = message
    const queue = (headers['x-dead-letter-queue'] as string | undefined) ?? to
    if (queue === undefined) throw new TomodachiError('DEAD_LETTER_ORIGIN', { queue: deadLetter })
    if (!broker.has(queue)) throw new TomodachiError('PUBLISH_UNROUTABLE', { topic })
    broker.enqueue(broker.queue(queue), { ...message, headers: withoutDeadLetterHeaders(headers) })
  }

  return {
    async list(actors) {
      check('listing dead letters')
      return [...listed(actors)].map(([name, origins]) => ({ name, origins, count: broker.count(name) }))
    },
    async peek(queue, { limit = 10 } = {}) {
      check(`looking at ${queue}`)
      const messages = broker.peek(broker.deadLetterQueue(queue)).slice(0, limit)
      return messages.map(({ id, headers, payload }) => deadLetterMessage(id, headers, payload))
    },
    async redrive(wanted, { to, ...work } = {}) {
      check(`redriving ${wanted}`)
      const name = broker.deadLetterQueue(wanted)
      const queue = broker.queue(name)
      return workThrough(work, queue.length, async () => {
        const message = queue.take()
        if (!message) return 0
        try {
          putBack(message, name, to)
        } catch (error) {
          queue.giveBack(message)
          throw error
        }
        return 1
      })
    },
    async discard(name, work = {}) {
      check(`discarding ${name}`)
      const queue = broker.queue(broker.deadLetterQueue(name))
      return workThrough(work, queue.length, async () => (queue.take() ? 1 : 0))
    },
  }
}

/** Dead-letter queues by name, each with the queues that it serves. */
function listed(actors: readonly Actor[]): ReadonlyMap<string, DeadLetterQueue['origins']> {
  const queues = new Map<string, string[]>()
  for (const actor of actors) {
    const source = actor.source as MessageSource
    const queue = queueOf(actor)
    // That of a queue which goes with its instance can be found by that instance alone.
    if (source.options.competing === false && source.options.deadLetter === undefined) continue
    const name = deadLetterOf(source, queue)
    queues.set(name, [...(queues.get(name) ?? []), queue])
  }
  return queues
}
