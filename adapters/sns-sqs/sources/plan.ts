import type { Actor, ConsumedQueue } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../client/options.ts'
import {
  deadLetterName,
  isAddress,
  isFifo,
  ownQueueName,
  queueAddress,
  queueName,
  sharedQueueName,
  shortName,
} from '../wire/names.ts'
import type { ResolvedSourceOptions } from './options.ts'
import type { SnsSqsSource } from './source.ts'

/** Options that describe the queue itself; sources that share a queue must agree on them. */
const queueSettings = [
  'visibilityTimeout',
  'deadLetterQueueName',
  'maxReceiveCount',
  'maxNumberOfConsumedMessages',
  'deadLetter',
] as const

/** A queue to consume, and its actors. */
export interface PlannedQueue extends ConsumedQueue {
  /** Name on the wire, or an ARN, or a URL. */
  readonly address: string
  readonly fifo: boolean
  /** Whether the queue belongs to one instance only, and is deleted with it. */
  readonly own: boolean
  /** Whether the bus creates it, if it may; otherwise it must exist. */
  readonly isOurs: boolean
  readonly actors: readonly Actor<SnsSqsSource>[]
  readonly settings: Pick<ResolvedSourceOptions, (typeof queueSettings)[number]>
}

/**
 * The queues of all actors. Throws `QUEUE_SHARED` if two actors would take each other's messages, and
 * `OPTIONS_CONFLICT` if two disagree about a queue.
 */
export function plan(
  actors: readonly Actor<SnsSqsSource>[],
  options: ResolvedOptions,
): readonly PlannedQueue[] {
  const byQueue = Map.groupBy(actors, (actor) => addressOf(actor, options))
  return [...byQueue].map(([address, sharing]) => planned(address, sharing, options))
}

function planned(
  address: string,
  actors: readonly Actor<SnsSqsSource>[],
  { queueNamePrefix: prefix }: ResolvedOptions,
): PlannedQueue {
  const [{ source }] = actors as [Actor<SnsSqsSource>]
  checkShared(address, actors)
  const settings = settingsOf(actors)
  const given = settings.deadLetterQueueName ?? settings.deadLetter
  const name = shortName(address)
  const fifo = actors.some((actor) => actor.source.fifo)
  const own = source.options.competing === false
  // Messages received behind a failed one of their group cannot be handled. Batches run one after the other.
  const prefetch = actors.reduce((sum, actor) => sum + (actor.source.batch?.size ?? actor.concurrency), 0)
  return {
    name,
    address,
    deadLetter: given === undefined ? deadLetterName(name) : queueAddress(given, { prefix, fifo }),
    actors,
    private: own && given === undefined,
    ...(fifo && { prefetch }),
    fifo,
    own,
    isOurs: !source.isQueue && !isAddress(address),
    settings,
  }
}

function addressOf(
  { source, name, service }: Actor<SnsSqsSource>,
  { queueNamePrefix: prefix }: ResolvedOptions,
): string {
  const { topic, options, isQueue, fifo } = source
  const { queue, competing } = options
  const given = isQueue ? topic.name : queue
  if (given !== undefined) return queueAddress(given, { prefix, fifo })
  const wire = fifo && !isFifo(topic.name) ? `${topic.name}.fifo` : topic.name
  const made = competing ? sharedQueueName(wire) : ownQueueName(wire, name, service.uuid)
  return queueName(made, { prefix, fifo })
}

function checkShared(queue: string, actors: readonly Actor<SnsSqsSource>[]): void {
  // A raw message does not say which topic it came from.
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
  return settings as PlannedQueue['settings']
}
