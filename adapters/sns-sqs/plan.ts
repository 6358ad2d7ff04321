import type { Actor } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { deadLetterName, isPattern, ownQueueName, queueName, sharedQueueName } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import type { SnsSqsSource, SnsSqsTopicOptions } from './source.ts'

/** Options of sources that say what a queue is like; sources of one queue must agree. */
const queueSettings = [
  'visibilityTimeout',
  'deadLetterQueueName',
  'maxReceiveCount',
  'maxNumberOfConsumedMessages',
  'deadLetter',
] as const

/** One queue that is to be consumed, and by whom. */
export interface PlannedQueue {
  /** Name on the wire, or an ARN, or a URL. */
  readonly queue: string
  readonly fifo: boolean
  /** Whether the queue is of one instance alone, and goes with it. */
  readonly own: boolean
  /** Whether it may be made; else it must exist. */
  readonly mayBeMade: boolean
  readonly actors: readonly Actor<SnsSqsSource>[]
  readonly settings: Pick<SnsSqsTopicOptions<never>, (typeof queueSettings)[number]>
}

/**
 * The queues of all actors. Actors of different topics may share a queue. Throws `QUEUE_SHARED` where two would take each
 * other's messages, and `OPTIONS_CONFLICT` where they do not agree on what their queue is like.
 */
export function plan(actors: readonly Actor[], options: ResolvedOptions): readonly PlannedQueue[] {
  const byQueue = new Map<string, Actor<SnsSqsSource>[]>()
  for (const actor of actors as readonly Actor<SnsSqsSource>[]) {
    const queue = queueOf(actor, options)
    byQueue.set(queue, [...(byQueue.get(queue) ?? []), actor])
  }
  return [...byQueue].map(([queue, sharing]) => {
    const [{ source }] = sharing as [Actor<SnsSqsSource>]
    checkShared(queue, sharing)
    return {
      queue,
      fifo: sharing.some((actor) => actor.source.fifo),
      own: source.options.competing === false,
      mayBeMade: options.declare && !source.isQueue && !queue.includes(':'),
      actors: sharing,
      settings: settingsOf(sharing),
    }
  })
}

/** The dead-letter queue of a queue, by name, ARN or URL: where messages go that cannot be handled. */
export function deadLetterOf({ settings, fifo }: PlannedQueue, name: string, prefix: string): string {
  const { deadLetterQueueName, deadLetter } = settings
  const given = deadLetterQueueName ?? deadLetter
  if (given === undefined) return deadLetterName(name)
  return given.includes(':') ? given : queueName(given, { prefix, fifo })
}

function queueOf(
  { source, name, service }: Actor<SnsSqsSource>,
  { queueNamePrefix: prefix }: ResolvedOptions,
) {
  const { topic, options, isQueue, fifo } = source
  const { queue, competing = true } = options
  const given = isQueue ? topic.name : queue
  if (given?.includes(':')) return given
  if (given !== undefined) return queueName(given, { prefix, fifo })
  const wire = fifo && !topic.name.endsWith('.fifo') ? `${topic.name}.fifo` : topic.name
  return queueName(competing ? sharedQueueName(wire) : ownQueueName(wire, name, service.uuid), {
    prefix,
    fifo,
  })
}

function checkShared(queue: string, actors: readonly Actor<SnsSqsSource>[]): void {
  // Without its envelope a message does not say which topic it came from.
  const isRaw = actors.some(({ source }) => source.options.rawMessageDelivery)
  const byTopic = new Map<string, Actor>()
  for (const actor of actors) {
    const topic = isRaw || actor.source.isQueue ? '' : actor.source.topic.name
    const other = byTopic.get(topic)
    if (other) throw new TomodachiError('QUEUE_SHARED', { queue, first: other.name, second: actor.name })
    byTopic.set(topic, actor)
  }
}

function settingsOf(actors: readonly Actor<SnsSqsSource>[]): PlannedQueue['settings'] {
  const settings: Record<string, unknown> = {}
  for (const { source, name } of actors) {
    for (const setting of queueSettings) {
      const value = source.options[setting]
      if (value === undefined) continue
      if (setting in settings && settings[setting] !== value) {
        const one = `${setting}: ${value} of ${name}`
        throw new TomodachiError('OPTIONS_CONFLICT', { one, other: `${setting}: ${settings[setting]}` })
      }
      settings[setting] = value
    }
  }
  return settings
}

/** The topics of an actor by pattern or by name; none for queues. */
export function isTopicPattern({ source }: Actor<SnsSqsSource>): boolean {
  return !source.isQueue && isPattern(source.topic.name)
}
