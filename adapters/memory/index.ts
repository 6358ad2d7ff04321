import { type Format, jsonBase } from '../../envelopes/index.ts'
import {
  type AddedByUse,
  type BoundQueue,
  type Broker,
  boundQueues,
  decode,
  type Fits,
  formatOption,
  lineOfText,
  matcher,
  messageBus,
  objectWith,
  type PublishedTo,
  type ResolvedPublishOptions,
  resolveOptions,
  type ShapesOf,
  type UsableList,
} from '../../kernel/adapter-kit.ts'
import {
  type BatchOptions,
  type DataOf,
  type GivenFor,
  getLogger,
  type HandlerContext,
  type MessageBus,
  type MessageGiven,
  type Middleware,
  type Source,
  type Topic,
  type TopicOptions,
} from '../../kernel/index.ts'
import { linkTo, type MemoryMessage } from './link.ts'
import { MemoryBroker } from './memory-broker.ts'
import type { StoredMessage } from './queue.ts'

export { MemoryBroker } from './memory-broker.ts'

/** What the memory bus gives to a handler. */
export interface MemoryGiven<Data = unknown> extends MessageGiven<Data> {
  /** The topic that was published to, where the source names a pattern. */
  readonly topic: string
}

/** What `memory()` may be given. */
export interface MemoryOptions {
  /** Default `memory`. */
  readonly name?: string
  /** The broker to talk to. Default: one of its own. */
  readonly broker?: MemoryBroker
  /** Wire format of topics that name none. Default `jsonBase()`: data behaves as it would on a real broker. */
  readonly envelope?: Format
}

const memoryShapes = {
  name: lineOfText('memory'),
  broker: objectWith<MemoryBroker>(['attach', 'publish'], 'a broker, such as new MemoryBroker()'),
  envelope: formatOption(),
} satisfies ShapesOf<MemoryOptions>

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
    options?: TopicOptions<PublishedTo<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, MemoryGiven<DataOf<T>>> & Added, void>
  /** The same bus, with middleware for every handler of its topics. */
  use<A = object, const List extends UsableList = readonly []>(
    middleware:
      | Middleware<HandlerContext & MemoryGiven & Added, A>
      | (List & Fits<HandlerContext & MemoryGiven & Added, List>),
  ): MemoryBus<Added & A & AddedByUse<List>>
  /** The messages in a dead-letter queue, or set aside from the queue of this name, oldest first. They stay there. */
  deadLetters(queue: string): readonly DeadLetter[]
  /** Messages that wait in a queue, delayed ones included. */
  count(queue: string): number
}

/**
 * A message bus within the process: topics with wildcards, queues, competing consumers, retries, dead letters. It
 * follows the delivery rules of the real brokers, and keeps messages in memory only: what waits when the process ends
 * is gone, which `close` logs.
 */
export function memory(options: MemoryOptions = {}): MemoryBus {
  const { name, broker: given, envelope = jsonBase() } = resolveOptions('memory', options, memoryShapes)
  const store = given ?? new MemoryBroker()
  const closed = () => {
    if (!given) warnOfWaiting(store)
  }
  const broker: Broker<BoundQueue, StoredMessage, MemoryMessage> = {
    transport: 'memory',
    source({ name }) {
      matcher(name)
      return {}
    },
    plan: boundQueues,
    connect: async () => linkTo(store, closed),
    outgoing: (topic, { payload, headers }, { delay }: ResolvedPublishOptions) => {
      return { target: '', topic, payload, headers, delay }
    },
  }
  return messageBus(broker, { name, envelope }, () => ({
    deadLetters: (queue: string): DeadLetter[] =>
      store.peek(store.deadLetterQueue(queue)).map(({ topic, payload, headers }) => {
        const { data = payload } = decode(envelope, payload, topic, headers)
        return { topic, data, headers }
      }),
    count: (queue: string) => store.count(queue),
  })) as never
}

function warnOfWaiting(broker: MemoryBroker): void {
  const messages = broker.total()
  const log = getLogger('tomodachi.memory')
  if (messages > 0) log.warn('messages are left in memory and will be gone with the process', { messages })
}
