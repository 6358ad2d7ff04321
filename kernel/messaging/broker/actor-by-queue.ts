import type { Actor } from '../../actors/actor.ts'
import { TomodachiError } from '../../errors.ts'

/** The actor of each queue. Throws `QUEUE_SHARED` if two actors consume the same queue. */
export function actorByQueue<A extends Actor>(
  actors: readonly A[],
  queueOf: (actor: A) => string,
): ReadonlyMap<string, A> {
  const queues = new Map<string, A>()
  for (const actor of actors) {
    const queue = queueOf(actor)
    const other = queues.get(queue)
    if (other) throw new TomodachiError('QUEUE_SHARED', { queue, first: other.name, second: actor.name })
    queues.set(queue, actor)
  }
  return queues
}
