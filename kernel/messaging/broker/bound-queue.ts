import { TomodachiError } from '../../errors.ts'
import type { MessageActor } from '../topics/messages.ts'
import { actorByQueue } from './actor-by-queue.ts'
import type { ConsumedQueue } from './broker.ts'

/** A queue of one handler, bound to one topic or pattern. */
export interface BoundQueue extends ConsumedQueue {
  readonly pattern: string
  /** Whether only this instance consumes the queue, so that the queue is deleted with it. */
  readonly isOwn: boolean
}

/**
 * The queues of these actors. Each has the name in the option `queue`; without the option, competing consumers share a
 * queue named after the topic, and others have a queue of their own. Throws `QUEUE_SHARED` and `QUEUE_NOT_COMPETING`.
 */
export function boundQueues(actors: readonly MessageActor[]): BoundQueue[] {
  return [...actorByQueue(actors, queueOf)].map(([name, actor]) => {
    const { topic, options } = actor.source
    const { competing = true, deadLetter = `${name}.dead` } = options
    const isOwn = !competing
    const isPrivate = isOwn && options.deadLetter === undefined
    return { name, pattern: topic.name, deadLetter, actors: [actor], isOwn, private: isPrivate }
  })
}

function queueOf({ source: { topic, options }, service, address }: MessageActor): string {
  const { queue, competing = true } = options
  if (competing) return queue ?? topic.name
  if (queue !== undefined) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
  return `${address}.${service.uuid}`
}
