import type { Format, WireHeaders } from '../../envelopes/index.ts'
import type { Adapter } from '../actors/adapter.ts'
import type { HandlerContext } from '../actors/handler-context.ts'
import { withTrace } from '../actors/handling/trace.ts'
import type { Instrument } from '../actors/instrument.ts'
import {
  type AddedByEnd,
  type AddedByUse,
  type AnyMiddleware,
  type Ending,
  type EndingIn,
  type Fits,
  middlewareList,
  type Usable,
  type UsableList,
} from '../actors/middleware.ts'
import type { Source } from '../actors/source.ts'
import { TomodachiError } from '../errors.ts'
import { InFlight } from '../in-flight.ts'
import type { Duration } from '../options/duration.ts'
import { isPromise } from '../promise.ts'
import type { Broker, ConsumedQueue } from './broker/broker.ts'
import type { Outgoing } from './broker/sending.ts'
import { type BusAdapter, busAdapter } from './bus-adapter.ts'
import { busRules, resolving } from './bus-option-shapes.ts'
import type { BusParts, TakenOptions } from './bus-parts.ts'
import type { DeadLetterQueues } from './dead-letters/dead-letter-queues.ts'
import { isObserved, leaving, observed } from './publishing/observed.ts'
import type { BatchOptions, GivenFor, OrderedFor } from './topics/batch.ts'
import {
  type MessageGiven,
  type PublishOptions,
  publishOptionShapes,
  type ResolvedTopicOptions,
  type TopicOptions,
  topicOptionShapes,
} from './topics/message-options.ts'
import { type Encoded, encode, messageSource, topicOf } from './topics/messages.ts'
import type { DataOf, PublishedTo, Topic } from './topics/topic.ts'
import { isPattern, matcher } from './topics/topic-pattern.ts'

const noHeaders: WireHeaders = {}
const publishingTo = 'publishing to '

/** What every message bus can do. You move a service from one bus to another by changing one line. */
export interface MessageBus extends Adapter {
  /** The source of the messages of a topic. `*` in a name stands for one word, `#` for any number of words. */
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: TopicOptions<PublishedTo<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, MessageGiven<DataOf<T>>>, void> & OrderedFor<Batch, MessageGiven<PublishedTo<T>>>

  /**
   * Publishes data to a topic. Resolves when the broker has confirmed the message. Rejects with `PAYLOAD_INVALID` if
   * the data does not fit the topic's schema, with `PAYLOAD_UNBUILDABLE` if the format cannot carry it, and with
   * `ADAPTER_NOT_STARTED` before the start and after the close.
   */
  publish<const T extends string | Topic>(
    topic: T,
    data: PublishedTo<T>,
    options?: PublishOptions,
  ): Promise<void>

  readonly deadLetterQueues: DeadLetterQueues
}

/** A bus that gives its handlers `More` in addition to what every bus gives, and `Added` by its own middleware. */
export interface MessageBusGiving<More, Added = object> extends MessageBus {
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: TopicOptions<PublishedTo<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, MessageGiven<DataOf<T>> & More> & Added, void> &
    OrderedFor<Batch, MessageGiven<PublishedTo<T>> & More>
  /** The same bus, with middleware for every handler of its topics. */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware:
      | EndingIn<HandlerContext & MessageGiven & More & Added, End>
      | (List & Fits<HandlerContext & MessageGiven & More & Added, List>),
  ): MessageBusGiving<More, Added & AddedByEnd<End> & AddedByUse<List>>
}

/** Options that a bus has on every broker. */
export interface MessageBusOptions {
  /** Name of the adapter in addresses, logs and `getContext()`. */
  readonly name: string
  /** Wire format of topics that do not name one. Default `jsonBase()`. */
  readonly envelope?: Format | undefined
  /** How many messages may be unconfirmed at a time. The call that reaches this number is still filled up. Default 256. */
  readonly publishWindow?: number
  /** How many messages may wait for that window before `publish` rejects. Default 10,000. */
  readonly publishQueue?: number
  /** How long a message may take until it is confirmed, including its wait in the queue. Default `30s`. */
  readonly publishTimeout?: Duration
  /**
   * How long the bus tries to connect at the start before the service fails. Default `4s`. No attempt begins later, but
   * one that is under way goes on until it has made no progress for 15 s.
   */
  readonly startTimeout?: Duration
  /** How often the bus checks that consumers still get their messages. Default `30s`. */
  readonly inspectionInterval?: Duration
}

/**
 * Makes a bus of a broker. `own` makes the methods that only this bus has, or that it replaces. The bus is an adapter,
 * and `use(middleware)` gives a view of it whose topics have that middleware. You declare the types of `use` and of
 * what `topic` gives to handlers, in an interface that extends `MessageBus`, and cast the bus to it. This function
 * checks the options that every bus has; check your own where your users give them. Throws `OPTION_INVALID`.
 */
export function messageBus<Queue extends ConsumedQueue, Handle, Message extends Outgoing, Own extends object>(
  broker: Broker<Queue, Handle, Message>,
  options: MessageBusOptions,
  own: (parts: BusParts<Message>) => Own,
): MessageBus & Own {
  return viewOf(coreOf(broker, options), own, []) as MessageBus & Own
}

/** What all views of a bus share. */
interface Core<Message extends Outgoing> extends Omit<BusParts<Message>, 'source'> {
  /** As that of the parts. */
  publish(...given: [...Parameters<BusParts<Message>['publish']>, isResultWanted?: boolean]): Promise<unknown>
  readonly broker: Pick<
    Broker<ConsumedQueue, unknown, Message>,
    'transport' | 'source' | 'fill' | 'outgoing' | 'topicOptions' | 'publishOptions'
  >
  readonly format: Format | undefined
  readonly adapter: BusAdapter
}

function coreOf<Queue extends ConsumedQueue, Handle, Message extends Outgoing>(
  broker: Broker<Queue, Handle, Message>,
  options: MessageBusOptions,
): Core<Message> {
  const { name } = options
  const { envelope: format, ...rules } = busRules(broker, options)
  const work = new InFlight()
  const { adapter, running } = busAdapter(broker, { ...rules, name }, work)
  const dispatch = (subject: string, message: Message) =>
    running(publishingTo, subject).dispatch(subject, message)

  const core: Core<Message> = {
    broker: broker as Core<Message>['broker'],
    format,
    adapter,
    resolve: resolving(broker),
    encode(topic, data, publishOptions) {
      const { sender, bus } = running(publishingTo, topic.name)
      return encode(topic, data, traced(publishOptions, bus.instrument), format, sender())
    },
    async publish(topic, data, publishOptions, make, isResultWanted = true) {
      const { name: subject } = topic
      if (isPattern(subject)) throw new TomodachiError('TOPIC_WITH_WILDCARD', { topic: subject })
      const { bus } = running(publishingTo, subject)
      const send = (finish: typeof make) => {
        const encoding = core.encode(topic, data, publishOptions)
        return isPromise(encoding)
          ? encoding.then((encoded) => dispatch(subject, finish(encoded)))
          : dispatch(subject, finish(encoding))
      }
      const sending = isObserved(bus)
        ? observed(bus, { adapter: name, transport: broker.transport, topic: subject }, send, make)
        : send(make)
      const result = isPromise(sending) ? await work.track(() => sending) : sending
      return isResultWanted ? result : undefined
    },
    async depart(operation, { name: target }, send) {
      const facts = { adapter: name }
      const { bus } = running(publishingTo, target)
      return leaving(bus, { transport: broker.transport, operation, target, facts }, () => send(facts))
    },
    track: (tracked) => work.track(tracked),
    send: async (subject, message) => dispatch(subject, message),
  }
  return core
}

/** The same with the headers of the trace that it belongs to. */
function traced({ envelope, headers = noHeaders }: PublishOptions, instrument?: Instrument): PublishOptions {
  const all = withTrace(headers, instrument)
  return envelope ? { envelope, headers: all } : { headers: all }
}

/** The bus with the middleware that `use` has added. */
function viewOf<Message extends Outgoing, Own extends object>(
  core: Core<Message>,
  own: (parts: BusParts<Message>) => Own,
  use: readonly AnyMiddleware[],
): object {
  const { adapter, broker, format } = core
  const { topicOptions = topicOptionShapes, publishOptions = publishOptionShapes } = broker
  const noOptions = core.resolve('publish', {}, publishOptions)
  const topics: TakenOptions = { method: 'topic', shapes: topicOptions }
  const source: BusParts<Message>['source'] = (given, options, more = {}, { method, shapes } = topics) => {
    const topic = topicOf(given)
    const resolved = core.resolve(method, options, shapes) as ResolvedTopicOptions
    if (!broker.source) matcher(topic.name)
    const common = messageSource(adapter, broker.transport, topic, resolved, use, format, broker.fill)
    return { ...common, ...broker.source?.(topic, resolved, more, common), ...more } as Source
  }
  const { problems: _, ...shown } = adapter
  return {
    ...shown,
    get ready() {
      return adapter.ready
    },
    origin: adapter,
    topic: (topic: string | Topic, options?: object) => source(topic, options),
    publish(given: string | Topic, data: unknown, options?: PublishOptions) {
      // Not another async function, which costs as much as routing the message.
      try {
        const topic = topicOf(given)
        const checked = options === undefined ? noOptions : core.resolve('publish', options, publishOptions)
        const outgoing = (encoded: Encoded) => broker.outgoing(topic.name, encoded, checked)
        return core.publish(topic, data, checked, outgoing, false)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    use: (middleware: Usable) => viewOf(core, own, [...use, ...middlewareList(middleware)]),
    ...own({ ...core, source }),
    get problems() {
      return adapter.problems
    },
  }
}
