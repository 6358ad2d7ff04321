import type { Format } from '../../envelopes/index.ts'
import { type Actor, type MessageSource, queuesOf } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { encodeRoutingKey, ownQueueName, sharedQueueName } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import type { AmqpTopicOptions } from './topic-options.ts'

/** A queue as it is declared: durable, neither exclusive nor auto-deleted. */
export interface QueueDeclaration {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly bindings: readonly { readonly exchange: string; readonly key: string }[]
  /** A fanout exchange that exists for this queue alone, and goes with it. */
  readonly ownExchange?: string
}

/** One queue, and what takes its messages. */
export interface Consumed {
  readonly actor: Actor
  readonly queue: QueueDeclaration
  /** Name of the dead-letter queue. */
  readonly deadLetter: string
  /** Messages that may be unsettled at a time. */
  readonly prefetch: number
  readonly format: Format
}

/** All that a bus declares and consumes. */
export interface Topology {
  /** Topic exchanges that are not the broker's own. */
  readonly exchanges: readonly string[]
  readonly consumed: readonly Consumed[]
}

/** The longest name of a queue, so that those of its retry queues fit into the 255 bytes of AMQP. */
const longestName = 237

/** Works out exchanges, queues and bindings. Throws `QUEUE_SHARED` and `QUEUE_NOT_COMPETING`. */
export function topologyOf(actors: readonly Actor[], options: ResolvedOptions): Topology {
  const consumed = [...queuesOf(actors, (actor) => queueName(actor, options))].map(([name, actor]) => {
    const topicOptions = optionsOf(actor.source)
    const { topic, format } = actor.source as MessageSource
    const { deadLetter } = topicOptions
    return {
      actor,
      format,
      queue: {
        name,
        arguments: argumentsOf(topicOptions, options),
        bindings: [
          {
            exchange: topicOptions.exchange ?? options.exchangeName,
            key: encodeRoutingKey(options.routingKeyPrefix + topic.name),
          },
        ],
      },
      deadLetter: deadLetter === undefined ? `${name}.dead` : options.queueNamePrefix + deadLetter,
      prefetch: prefetchOf(actor, options),
    }
  })
  const exchanges = [
    options.exchangeName,
    ...consumed.flatMap(({ queue }) => queue.bindings.map(({ exchange }) => exchange)),
  ]
  return { exchanges: [...new Set(exchanges)].filter((name) => !/^(amq\..*)?$/.test(name)), consumed }
}

/** The options that a source of this adapter was made with. */
export function optionsOf(source: Actor['source']): AmqpTopicOptions<never> {
  return (source as MessageSource).options as AmqpTopicOptions<never>
}

/** A given name has the prefix before it; without one it follows from the routing key, as in the Python library. */
function queueName({ source, service, name }: Actor, { queueNamePrefix }: ResolvedOptions): string {
  const { topic } = source as MessageSource
  const { queue, competing = true } = optionsOf(source)
  if (!competing && queue !== undefined) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
  const own = competing ? sharedQueueName(topic.name) : ownQueueName(topic.name, name, service.uuid)
  const full = queueNamePrefix + (queue ?? own)
  if (Buffer.byteLength(full) > longestName)
    throw new TomodachiError('OPTION_INVALID', {
      option: 'queue',
      expected: `a name of at most ${longestName} bytes, prefix included`,
      actual: full,
    })
  return full
}

function argumentsOf(
  { queueTtl, quorum = false, maxPriority, messageTtl, arguments: own }: AmqpTopicOptions<never>,
  bus: ResolvedOptions,
): Readonly<Record<string, unknown>> {
  const expires = (queueTtl ?? bus.queueTtl) * 1_000
  return {
    ...(expires > 0 ? { 'x-expires': expires } : {}),
    ...(quorum ? { 'x-queue-type': 'quorum' } : {}),
    ...(maxPriority === undefined ? {} : { 'x-max-priority': maxPriority }),
    ...(messageTtl === undefined ? {} : { 'x-message-ttl': messageTtl }),
    ...own,
  }
}

/** As many as can be handled at once; where keys are ordered more, to find work for every free handler. */
function prefetchOf({ concurrency, ordered, source }: Actor, options: ResolvedOptions): number {
  const { size = 1 } = (source as MessageSource).batch ?? {}
  const { queuePrefetchCount = Math.max(100, concurrency * size), globalPrefetchCount } = options
  const wanted = ordered ? queuePrefetchCount : Math.min(concurrency * size, queuePrefetchCount)
  // With fewer, no batch would ever be full.
  return Math.max(size, Math.min(wanted, globalPrefetchCount))
}
