import { type Format, jsonBase } from '../../envelopes/index.ts'
import {
  type AdapterStart,
  type BatchedOptions,
  decode,
  encode,
  isPattern,
  type MessageSource,
  matcher,
  messageSource,
  queuesOf,
  topicOf,
  withTrace,
} from '../../kernel/adapter-kit.ts'
import {
  type Adapter,
  type AnyMiddleware,
  type BatchOptions,
  type DataOf,
  type GivenFor,
  getLogger,
  type HandlerContext,
  type MessageBus,
  type Middleware,
  type PublishOptions,
  type Source,
  TomodachiError,
  type Topic,
  type TopicOptions,
} from '../../kernel/index.ts'
import { MemoryBroker } from './broker.ts'
import { type Consumption, consume, type MemoryGiven } from './consume.ts'
import { deadLetterQueues } from './dead-letter-queues.ts'
import type { MemoryQueue } from './queue.ts'
import { queueOf } from './queues.ts'

export { MemoryBroker } from './broker.ts'
export type { MemoryGiven } from './consume.ts'

/** How a topic is consumed on the memory bus. */
export interface MemoryTopicOptions<Data = unknown> extends TopicOptions<Data>, BatchedOptions {}

export interface MemoryOptions {
  /** Default `memory`. */
  readonly name?: string
  /** The broker to talk to. Default: one of its own. */
  readonly broker?: MemoryBroker
  /** Wire format of topics that name none. Default `jsonBase()`: data behaves as it would on a real broker. */
  readonly envelope?: Format
}

/** A message that could not be handled. */
export interface DeadLetter {
  readonly topic: string
  readonly data: unknown
  /** The message's own headers and, as `x-dead-letter-…`, reason, error, stack, topic, queue and attempts. */
  readonly headers: Readonly<Record<string, unknown>>
}

/** A message bus within the process. `Added` is what its own middleware adds. */
export interface MemoryBus<Added = object> extends MessageBus {
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: MemoryTopicOptions<DataOf<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, MemoryGiven<DataOf<T>>> & Added, void>
  /** The same bus, with middleware for every handler of its topics. */
  use<A>(middleware: Middleware<HandlerContext & MemoryGiven & Added, A>): MemoryBus<Added & A>
  /** The messages in a dead-letter queue, or set aside from the queue of this name, oldest first. They stay there. */
  deadLetters(queue: string): readonly DeadLetter[]
  /** Messages that wait in a queue, delayed ones included. */
  count(queue: string): number
}

/** The adapter itself, and what its users do with its broker. */
interface Transport {
  readonly adapter: Adapter & Pick<MessageBus, 'deadLetterQueues'>
  readonly broker: MemoryBroker
  readonly format: Format
  publish(topic: string | Topic, data: unknown, options?: PublishOptions): Promise<void>
}

/**
 * A message bus within the process: topics with wildcards, queues, competing consumers, retries, dead letters. It
 * follows the delivery rules of the real brokers, and keeps messages in memory only: what waits when the process ends
 * is gone, which `close` logs.
 */
export function memory(options: MemoryOptions = {}): MemoryBus {
  return facade(transport(options), [])
}

function transport(options: MemoryOptions): Transport {
  const { name = 'memory', broker = new MemoryBroker(), envelope: format = jsonBase() } = options
  let running: Pick<AdapterStart, 'bus' | 'sender'> | undefined
  let consumptions: Consumption[] = []
  let ownQueues: MemoryQueue[] = []

  const started = (operation: string) => {
    if (!running) throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation })
    return running
  }

  const adapter: Transport['adapter'] = {
    name,
    deadLetterQueues: deadLetterQueues(broker, started),
    async start({ actors, deliver, bus, sender }) {
      for (const [queueName, actor] of queuesOf(actors, queueOf)) {
        const queue = broker.queue(queueName)
        const { topic, options } = actor.source as MessageSource
        broker.bind(queue, topic.name)
        if (options.competing === false) ownQueues.push(queue)
        consumptions.push(consume(broker, queue, actor, deliver))
      }
      broker.attach()
      running = { bus, sender }
    },
    async pause() {
      for (const consumption of consumptions) consumption.pause()
    },
    async close() {
      for (const consumption of consumptions) consumption.pause()
      for (const queue of ownQueues) broker.remove(queue)
      if (running) broker.detach()
      if (!options.broker) warnOfWaiting(broker)
      running = undefined
      consumptions = []
      ownQueues = []
    },
  }

  async function publish(topic: string | Topic, data: unknown, options: PublishOptions = {}): Promise<void> {
    const contract = topicOf(topic)
    if (isPattern(contract.name)) throw new TomodachiError('TOPIC_WITH_WILDCARD', { topic: contract.name })
    const operation = `publishing to ${contract.name}`
    const sender = started(operation).sender()
    const { payload, headers } = await encode(contract, data, options, format, sender)
    const { bus } = started(operation)
    broker.publish(contract.name, payload, withTrace(headers), options.delay)
    bus.emit('published', { adapter: name, topic: contract.name })
  }

  return { adapter, broker, format, publish }
}

function warnOfWaiting(broker: MemoryBroker): void {
  const messages = broker.total()
  const log = getLogger('tomodachi.memory')
  if (messages > 0) log.warn('messages are left in memory and will be gone with the process', { messages })
}

/** The bus as its users see it: its topics, with the middleware that `use` has added. */
function facade<Added>(server: Transport, use: readonly AnyMiddleware[]): MemoryBus<Added> {
  const { adapter, broker, format, publish } = server
  return {
    ...adapter,
    origin: adapter,
    topic: (topic, options) => {
      const contract = topicOf(topic)
      matcher(contract.name)
      const given = (options ?? {}) as MemoryTopicOptions<never>
      return messageSource(adapter, 'memory', contract, given, { use, format }) as never
    },
    publish,
    use: (middleware) => facade(server, [...use, middleware as AnyMiddleware]),
    deadLetters: (queue) =>
      broker.peek(broker.deadLetterQueue(queue)).map(({ topic, payload, headers }) => {
        const { data = payload } = decode(format, payload, topic, headers)
        return { topic, data, headers }
      }),
    count: (queue) => broker.count(queue),
  }
}
