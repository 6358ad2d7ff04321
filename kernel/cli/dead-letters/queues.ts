import { type DeadLetterQueue, TomodachiError } from '../../index.ts'
import { nearest } from '../arguments/nearest.ts'
import type { OpenedBus, OpenedBuses } from './opened-buses.ts'

/** A dead-letter queue, and the bus that it is on. */
export interface FoundQueue extends DeadLetterQueue {
  readonly bus: OpenedBus
}

/** The dead-letter queues of all buses. */
export async function queuesOf(opened: OpenedBuses): Promise<readonly FoundQueue[]> {
  return onEach(opened, ({ deadLetterQueues, actors }) => deadLetterQueues.list(actors))
}

/**
 * The dead-letter queue of this name, or the one that belongs to the queue of this name. Where several buses have
 * one, `<bus>/<name>` names it. Throws QUEUE_UNKNOWN.
 */
export async function queueNamed(wanted: string, opened: OpenedBuses): Promise<FoundQueue> {
  const queues = await queuesOf(opened)
  const onBus = queues.filter(({ bus, name }) => `${bus.name}/${name}` === wanted)
  const found =
    onBus.length > 0
      ? onBus
      : await onEach(opened, ({ deadLetterQueues, actors }) => deadLetterQueues.named(wanted, actors))
  const [only] = found
  if (only && found.length === 1) return only
  throw new TomodachiError('QUEUE_UNKNOWN', { queue: wanted, hint: hintFor(wanted, queues, found) })
}

/** What each bus finds. */
async function onEach(
  { buses }: OpenedBuses,
  find: (bus: OpenedBus) => Promise<readonly DeadLetterQueue[]>,
): Promise<readonly FoundQueue[]> {
  const finding = buses.map(async (bus) => (await find(bus)).map((queue) => ({ ...queue, bus })))
  return (await Promise.all(finding)).flat()
}

function hintFor(wanted: string, queues: readonly FoundQueue[], found: readonly FoundQueue[]): string {
  const several = found.map(({ bus, name }) => `${bus.name}/${name}`)
  if (several.length > 0) return `these queues have that name: ${several.join(', ')}`
  const names = queues.map(({ name }) => name)
  const meant = nearest(wanted, names)
  if (meant !== undefined) return `did you mean ${meant}?`
  return names.length > 0 ? `the queues are ${names.join(', ')}` : 'no bus of the services has one'
}
