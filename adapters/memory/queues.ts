import { type Actor, type MessageSource, TomodachiError } from '../../kernel/index.ts'

/** The queue of each actor. Throws `QUEUE_SHARED` where two would take each other's messages. */
export function queuesOf(actors: readonly Actor[]): ReadonlyMap<string, Actor> {
  const queues = new Map<string, Actor>()
  for (const actor of actors) {
    const queue = queueOf(actor)
    const other = queues.get(queue)
    if (other) throw new TomodachiError('QUEUE_SHARED', { queue, first: other.name, second: actor.name })
    queues.set(queue, actor)
  }
  return queues
}

/** Competing consumers share a named queue, by default that of their topic; others have one of their own. */
function queueOf({ source, service, address }: Actor): string {
  const { topic, options } = source as MessageSource
  const { queue, competing = true } = options
  if (competing) return queue ?? topic.name
  if (queue !== undefined) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
  return `${address}.${service.uuid}`
}
