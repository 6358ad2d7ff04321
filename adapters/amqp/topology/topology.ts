import {
  actorByQueue,
  type ConsumedQueue,
  type MessageActor,
  mostInHand,
} from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../connection/options.ts'
import { encodeRoutingKey, ownQueueName, sharedQueueName } from './names.ts'
import type { ResolvedTopicOptions } from './topic-options.ts'

/** A queue as it is declared: durable, neither exclusive nor auto-deleted. */
export interface QueueDeclaration {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly bindings: readonly { readonly exchange: string; readonly key: string }[]
  /** The queue that its retries come back into, if not this one. */
  readonly retried?: string
  /** A fanout exchange that exists for this queue alone, and is deleted with it. */
  readonly ownExchange?: string
}

/** A queue that is consumed. */
export interface AmqpQueue extends ConsumedQueue, QueueDeclaration {
  readonly prefetch: number
}

/** The longest name of a queue in bytes; the names of its retry queues must fit into the 255 bytes of AMQP. */
const longestName = 237

/** Works out the queues and bindings of these actors. Throws `QUEUE_SHARED` and `QUEUE_NOT_COMPETING`. */
export function queuesOf(actors: readonly MessageActor[], options: ResolvedOptions): readonly AmqpQueue[] {
  return [...actorByQueue(actors, (actor) => queueName(actor, options))].map(([name, actor]) => {
    const { topic, options: topicOptions } = actor.source
    const { exchange = options.exchangeName, ...own } = topicOptions as ResolvedTopicOptions
    const { deadLetter: aside, competing } = topicOptions
    // Only this instance can find the dead-letter queue of a queue that is its own.
    const isPrivate = !competing && aside === undefined
    const deadLetter = aside === undefined ? `${name}.dead` : options.queueNamePrefix + aside
    const given = argumentsOf(own, options)
    const retried = options.declare && isLimited(given) ? `${name}.retried` : undefined
    return {
      name,
      ...(retried !== undefined && { retried: nameIn(retried) }),
      arguments: isPrivate ? given : withDeadLetters(given, deadLetter),
      bindings: [{ exchange, key: encodeRoutingKey(options.routingKeyPrefix + topic.name) }],
      deadLetter,
      private: isPrivate,
      actors: [actor],
      prefetch: prefetchOf(actor, options),
    }
  })
}

/** The topic exchanges to declare: all but the broker's own. */
export function exchangesOf(queues: readonly AmqpQueue[], { exchangeName }: ResolvedOptions): string[] {
  const bound = queues.flatMap(({ bindings }) => bindings.map(({ exchange }) => exchange))
  return [...new Set([exchangeName, ...bound])].filter((name) => !/^(amq\..*)?$/.test(name))
}

/**
 * The prefix and the name in the option `queue`. Without the option, a name made from the routing key, as in the Python
 * library.
 */
function queueName({ source, service, name }: MessageActor, { queueNamePrefix }: ResolvedOptions): string {
  const { topic } = source
  const { queue, competing } = source.options
  if (!competing && queue !== undefined) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
  const own = competing ? sharedQueueName(topic.name) : ownQueueName(topic.name, name, service.uuid)
  return nameIn(queueNamePrefix + (queue ?? own))
}

function nameIn(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name
  const expected = `a name of at most ${longestName} bytes, prefix included`
  throw new TomodachiError('OPTION_INVALID', { option: 'queue', expected, actual: name })
}

/** Whether the queue has a limit by which it refuses or drops messages. */
function isLimited(given: QueueDeclaration['arguments']): boolean {
  return given['x-max-length'] !== undefined || given['x-max-length-bytes'] !== undefined
}

/**
 * What a quorum queue would drop, because it came back more often than the broker or a policy allows, goes into the
 * dead-letter queue. Where messages expire or a limit drops them, they would go there too; then nothing is added.
 */
function withDeadLetters(
  given: QueueDeclaration['arguments'],
  deadLetter: string,
): QueueDeclaration['arguments'] {
  const isDropping = isLimited(given) || given['x-message-ttl'] !== undefined
  if (given['x-queue-type'] !== 'quorum' || isDropping || given['x-dead-letter-exchange'] !== undefined)
    return given
  return { ...given, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': deadLetter }
}

function argumentsOf(
  { queueTtl, quorum, maxPriority, messageTtl, arguments: own }: Omit<ResolvedTopicOptions, 'exchange'>,
  bus: ResolvedOptions,
): Readonly<Record<string, unknown>> {
  const expires = queueTtl ?? bus.queueTtl
  return {
    ...(expires > 0 ? { 'x-expires': expires } : {}),
    ...(quorum ? { 'x-queue-type': 'quorum' } : {}),
    ...(maxPriority === undefined ? {} : { 'x-max-priority': maxPriority }),
    ...(messageTtl === undefined ? {} : { 'x-message-ttl': messageTtl }),
    ...own,
  }
}

/** As many messages as the actor can have unsettled, within the limits of the options. */
function prefetchOf(
  actor: MessageActor,
  { qos: { queuePrefetchCount, globalPrefetchCount } }: ResolvedOptions,
): number {
  const needed = mostInHand(actor)
  const wanted = Math.min(queuePrefetchCount ?? needed, actor.ordered ? globalPrefetchCount : needed)
  // With a lower prefetch, no batch would ever be full.
  return Math.max(actor.source.batch?.size ?? 1, Math.min(wanted, globalPrefetchCount))
}
