import { type DeadLetterQueue, TomodachiError } from '../../index.ts'
import { deadLetterQueuesNamed } from '../../messaging/dead-letters/dead-letter-queues.ts'
import { nearest } from '../arguments/nearest.ts'
import type { OpenedBus, OpenedBuses } from './opened-buses.ts'

/** A dead-letter queue, and the bus that it is on. */
export interface FoundQueue extends DeadLetterQueue {
  readonly bus: OpenedBus
}

/** The dead-letter queues of all buses. */
export async function queuesOf({ buses }: OpenedBuses): Promise<readonly FoundQueue[]> {
  const listing = buses.map(async (bus) => {
    const queues = await bus.deadLetterQueues.list(bus.actors)
    return queues.map((queue) => ({ ...queue, bus }))
  })
  return (await Promise.all(listing)).flat()
}

/**
 * The dead-letter queue of this name, or the one that belongs to the queue of this name. Where several buses have
 * one, `<bus>/<name>` names it. Throws QUEUE_UNKNOWN.
 */
export async function queueNamed(wanted: string, opened: OpenedBuses): Promise<FoundQueue> {
  const queues = await queuesOf(opened)
  const onBus = queues.filter(({ bus, name }) => `${bus.name}/${name}` === wanted)
  const found = onBus.length > 0 ? onBus : deadLetterQueuesNamed(wanted, queues)
  const [only] = found
  if (only && found.length === 1) return only
  throw new TomodachiError('QUEUE_UNKNOWN', { queue: wanted, hint: hintFor(wanted, queues, found) })
}

function hintFor(wanted: string, queues: readonly FoundQueue[], found: readonly FoundQueue[]): string {
  const several = found.map(({ bus, name }) => `${bus.name}/${name}`)
  if (several.length > 0) return `these queues have that name: ${several.join(', ')}`
  const names = queues.map(({ name }) => name)
  const meant = nearest(wanted, names)
  if (meant !== undefined) return `did you mean ${meant}?`
  return names.length > 0 ? `the queues are ${names.join(', ')}` : 'no bus of the services has one'
}
