import type { Actor } from '../../../kernel/adapter-kit.ts'
import type { PlannedQueue } from '../sources/plan.ts'
import type { SnsSqsSource } from '../sources/source.ts'
import { isPattern, topicAddress, topicIn, topicPattern } from '../wire/names.ts'

/** The actor of a message, by its topic on the wire. Undefined if no actor of the queue consumes the topic. */
export type Routes = (topic: string) => Actor<SnsSqsSource> | undefined

/**
 * Makes the routes of a queue. `arns` are the topics of its actors, as far as they are known. A source of the queue gets
 * all other messages; without one, the first actor gets those that were sent to the queue, and nobody those of topics
 * that somebody else has subscribed it to.
 */
export function routesOf(
  { actors }: Pick<PlannedQueue, 'actors'>,
  arns: ReadonlyMap<Actor<SnsSqsSource>, readonly string[]>,
  prefix: string,
): Routes {
  const ofQueue = actors.find(({ source }) => source.isQueue)
  const known = new Map<string, Actor<SnsSqsSource>>()
  const patterns: { readonly fits: (topic: string) => boolean; readonly actor: Actor<SnsSqsSource> }[] = []
  for (const actor of actors) {
    const { topic, isQueue, fifo } = actor.source
    if (isQueue) continue
    const address = topicAddress(topic.name, { prefix, fifo })
    const name = topicIn(address) || address
    if (isPattern(name)) patterns.push({ fits: topicPattern(name), actor })
    else for (const wire of [name, ...(arns.get(actor) ?? []).map(topicIn)]) known.set(wire, actor)
  }
  return (topic) => {
    if (topic === '') return ofQueue ?? actors[0]
    // Patterns match topics, too, that did not exist at the start.
    return known.get(topic) ?? patterns.find(({ fits }) => fits(topic))?.actor ?? ofQueue
  }
}
