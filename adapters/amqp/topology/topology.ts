import { type ConsumedQueue, type MessageActor, mostInHand } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../connection/options.ts'
import { isShort, longestShort } from '../connection/short-text.ts'
import { type Binding, bindingsOf, type Route, routeOf } from './bindings.ts'
import { ownQueueName, sharedQueueName } from './names.ts'
import type { ResolvedTopicOptions } from './topic-options.ts'

/** A queue as it is declared: durable. */
export interface QueueDeclaration {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly bindings: readonly Pick<Binding, 'exchange' | 'key' | 'arguments'>[]
  readonly exclusive?: boolean
  readonly autoDelete?: boolean
  /** The queue that its retries come back into, if not this one. */
  readonly retried?: string
  /** A fanout exchange that exists for this queue alone, and is deleted with it. */
  readonly ownExchange?: string
}

/** A queue that is consumed. */
export interface AmqpQueue extends ConsumedQueue, QueueDeclaration {
  readonly bindings: readonly Binding[]
  /** Whether only this instance consumes the queue, so that it is deleted with it. */
  readonly isOwn: boolean
  readonly prefetch: number
  readonly priority?: number | undefined
  /** Which of its handlers takes a message. */
  readonly route: Route
}

/** The longest name of a queue in bytes; the names of its retry queues must fit into the 255 bytes of AMQP. */
const longestName = 237

/** Options of the queue itself; handlers that share a queue must agree on them. */
const ofQueue = [
  'queueTtl',
  'quorum',
  'maxPriority',
  'messageTtl',
  'arguments',
  'deadLetter',
  'exclusive',
  'autoDelete',
  'singleActiveConsumer',
  'consumerPriority',
] as const

/**
 * Works out the queues and bindings of these actors. Throws `QUEUE_SHARED`, `QUEUE_NOT_COMPETING`, `OPTIONS_CONFLICT`
 * and `OPTION_INVALID`.
 */
export function queuesOf(actors: readonly MessageActor[], options: ResolvedOptions): readonly AmqpQueue[] {
  const byQueue = Map.groupBy(actors, (actor) => queueName(actor, options))
  return [...byQueue].map(([name, sharing]) => queueOf(name, sharing, options))
}

function queueOf(name: string, actors: readonly MessageActor[], options: ResolvedOptions): AmqpQueue {
  const [{ source }] = actors as [MessageActor]
  const own = source.options as ResolvedTopicOptions
  const { deadLetter, competing, exclusive, autoDelete, quorum, consumerPriority: priority } = own
  for (const [option, isSet] of Object.entries({ exclusive, autoDelete }))
    if (quorum && isSet) throw new TomodachiError('OPTIONS_CONFLICT', { one: option, other: 'quorum' })
  const bindings = new Map(actors.map((actor) => [actor, bindingsOf(actor, options)]))
  checkShared(name, bindings)
  const aside = deadLetter === undefined ? `${name}.dead` : options.queueNamePrefix + deadLetter
  if (!isShort(aside)) throw tooLong('deadLetter', longestShort, aside)
  // Only this instance can find the dead-letter queue of a queue that is its own.
  const isPrivate = !competing && deadLetter === undefined
  const given = argumentsOf(own, options)
  const retried = options.declare && isLimited(given) ? nameIn(`${name}.retried`) : undefined
  return {
    name,
    ...(retried !== undefined && { retried }),
    arguments: isPrivate || !options.declare ? given : withDeadLetters(given, aside),
    bindings: [...bindings.values()].flat(),
    exclusive,
    autoDelete,
    isOwn: !competing,
    deadLetter: aside,
    private: isPrivate,
    actors,
    prefetch: actors.reduce((sum, actor) => sum + prefetchOf(actor, options), 0),
    priority,
    route: actors.length === 1 ? () => actors[0] : routeOf(bindings),
  }
}

/** Throws if two handlers would get the same messages of a queue, or want it in different ways. */
function checkShared(queue: string, bindings: ReadonlyMap<MessageActor, readonly Binding[]>): void {
  const taken = new Map<string, MessageActor>()
  const wanted = new Map<string, string>()
  for (const [actor, all] of bindings) {
    for (const { exchange, key, arguments: given } of all) {
      const binding = JSON.stringify([exchange, key, given])
      const other = taken.get(binding)
      if (other && other !== actor)
        throw new TomodachiError('QUEUE_SHARED', { queue, first: other.name, second: actor.name })
      taken.set(binding, actor)
    }
    for (const option of ofQueue) {
      const value = JSON.stringify((actor.source.options as ResolvedTopicOptions)[option]) ?? 'left out'
      const other = wanted.get(option) ?? value
      if (other !== value) {
        const one = `${option}: ${value} of ${actor.name} for "${queue}"`
        throw new TomodachiError('OPTIONS_CONFLICT', { one, other: `${option}: ${other}` })
      }
      wanted.set(option, value)
    }
  }
}

function tooLong(option: string, most: number, actual: string): TomodachiError {
  const expected = `a name of at most ${most} bytes, prefix included`
  return new TomodachiError('OPTION_INVALID', { option, expected, actual })
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
  if (isShort(name, longestName)) return name
  throw tooLong('queue', longestName, name)
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
  { queueTtl, quorum, maxPriority, messageTtl, singleActiveConsumer, arguments: own }: ResolvedTopicOptions,
  bus: ResolvedOptions,
): Readonly<Record<string, unknown>> {
  const expires = queueTtl ?? bus.queueTtl
  return {
    ...(expires > 0 ? { 'x-expires': expires } : {}),
    ...(quorum ? { 'x-queue-type': 'quorum' } : {}),
    ...(maxPriority === undefined ? {} : { 'x-max-priority': maxPriority }),
    ...(messageTtl === undefined ? {} : { 'x-message-ttl': messageTtl }),
    ...(singleActiveConsumer ? { 'x-single-active-consumer': true } : {}),
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
