import type { Payload } from '../../../envelopes/index.ts'
import type { Actor } from '../../actors/actor.ts'
import { TomodachiError } from '../../errors.ts'
import { deadLetterMessage as messageOf } from '../dead-letters/dead-letter-headers.ts'
import {
  type DeadLetterMessage,
  type DeadLetterQueues,
  type DeadLetterWork,
  deadLetterQueuesNamed,
} from '../dead-letters/dead-letter-queues.ts'

/** What a dead letter says of itself. */
export function deadLetterMessage(
  id: string | undefined,
  headers: Readonly<Record<string, unknown>>,
  payload: Payload,
): DeadLetterMessage {
  return messageOf({ id, headers, payload })
}

/**
 * The same, taking names of origins too; `actors` are those that the bus was started with. Rejects with `QUEUE_UNKNOWN`
 * where several may be meant.
 */
export function namedByOrigin(queues: DeadLetterQueues, actors: () => readonly Actor[]): DeadLetterQueues {
  const named = async (wanted: string): Promise<string> => {
    const known = actors()
    const meant = known.length === 0 ? [] : deadLetterQueuesNamed(wanted, await queues.list(known))
    if (meant.length < 2) return meant[0]?.name ?? wanted
    const hint = `several may be meant: ${meant.map(({ name }) => name).join(', ')}`
    throw new TomodachiError('QUEUE_UNKNOWN', { queue: wanted, hint })
  }
  return {
    list: (actors) => queues.list(actors),
    peek: async (queue, options) => queues.peek(await named(queue), options),
    redrive: async (queue, work) => queues.redrive(await named(queue), work),
    discard: async (queue, work) => queues.discard(await named(queue), work),
  }
}

/** Most messages in hand at a time: as many may be in two places when the process is killed. */
const inHand = 100

/**
 * Works through `count` messages in batches, each done by a call of `batch`, which is told how many it may do and says
 * how many it did; 0 ends the work. Resolves with how many are done.
 */
export async function workThrough(
  { limit = Number.POSITIVE_INFINITY, signal, progress }: DeadLetterWork,
  count: number,
  batch: (most: number) => Promise<number>,
): Promise<number> {
  const total = Math.min(limit, count)
  let done = 0
  while (done < total && !signal?.aborted) {
    const more = await batch(Math.min(inHand, total - done))
    if (more === 0) break
    done += more
    progress?.(done)
  }
  return done
}
