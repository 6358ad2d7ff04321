import { type Format, jsonBase } from '../../envelopes/index.ts'
import {
  type AddedByEnd,
  type AddedByUse,
  type BoundQueue,
  type Broker,
  boundQueues,
  decode,
  type Ending,
  type EndingIn,
  type Fits,
  formatOption,
  lineOfText,
  messageBus,
  type OrderedFor,
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
  type Source,
  type Topic,
  type TopicOptions,
} from '../../kernel/index.ts'
import { linkTo, type MemoryMessage } from './link.ts'
import { MemoryBroker } from './memory-broker.ts'
import type { StoredMessage } from './stored-message.ts'

export { MemoryBroker } from './memory-broker.ts'

/** What the memory bus gives to a handler. */
export interface MemoryGiven<Data = unknown> extends MessageGiven<Data> {
  /** The topic that the message was published to; useful if the source names a pattern. */
  readonly topic: string
}

/** Options of a memory bus. */
export interface MemoryOptions {
  /** Name of the adapter in addresses, logs and `getContext()`. Default `memory`. */
  readonly name?: string
  /** The broker to use. Give several buses the same one to connect them. Default: a broker of its own. */
  readonly broker?: MemoryBroker
  /**
   * Wire format of topics that do not name one. Default `jsonBase()`, so that data behaves as it would on a real
   * broker.
   */
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
  /**
   * The message's own headers, and with the prefix `x-dead-letter-` the reason, error, stack, topic, queue and
   * attempts.
   */
  readonly headers: Readonly<Record<string, unknown>>
}

/** A message bus within the process. `Added` is what its middleware adds. */
export interface MemoryBus<Added = object> extends MessageBus {
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: TopicOptions<PublishedTo<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, MemoryGiven<DataOf<T>>> & Added, void> &
    OrderedFor<Batch, MemoryGiven<PublishedTo<T>>>
  /** The same bus, with middleware for every handler of its topics. */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware:
      | EndingIn<HandlerContext & MemoryGiven & Added, End>
      | (List & Fits<HandlerContext & MemoryGiven & Added, List>),
  ): MemoryBus<Added & AddedByEnd<End> & AddedByUse<List>>
  /**
   * The messages in a dead-letter queue, oldest first. You can also give the name of the queue they were set aside
   * from. They stay in the queue.
   */
  deadLetters(queue: string): readonly DeadLetter[]
  /** How many messages wait in a queue, including delayed ones. */
  count(queue: string): number
}

/**
 * Makes a message bus within the process: topics with wildcards, queues, competing consumers, retries, dead letters. It
 * follows the delivery rules of the real brokers. Messages are kept in memory only, so those that still wait are lost
 * when the process ends; `close` logs how many.
 */
export function memory(options: MemoryOptions = {}): MemoryBus {
  const { name, broker: given, envelope = jsonBase() } = resolveOptions('memory', options, memoryShapes)
  const store = given ?? new MemoryBroker()
  const closed = () => {
    if (!given) warnOfWaiting(store)
  }
  const broker: Broker<BoundQueue, StoredMessage, MemoryMessage> = {
    transport: 'memory',
    fill: (context: { topic: string }, given: MemoryGiven) => {
      context.topic = given.topic
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
  if (messages > 0) log.warn('messages are left in memory and are lost when the process ends', { messages })
}
