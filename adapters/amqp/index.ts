import './connection/errors.ts'
import {
  type AddedByEnd,
  type AddedByUse,
  type Ending,
  type EndingIn,
  type Fits,
  isA,
  messageBus,
  type OrderedFor,
  type PublishedTo,
  type RepliedTo,
  type ReplyFor,
  type UsableList,
} from '../../kernel/adapter-kit.ts'
import {
  type BatchOptions,
  type DataOf,
  type GivenFor,
  type HandlerContext,
  hasCode,
  type MessageBus,
  type Source,
  TomodachiError,
  type Topic,
} from '../../kernel/index.ts'
import { type AmqpOptions, resolveAmqpOptions } from './connection/options.ts'
import { connect } from './link.ts'
import { type AmqpGiven, fill } from './messages/message.ts'
import {
  type AmqpPublishOptions,
  outgoing,
  publishShapes,
  type ResolvedPublishOptions,
} from './messages/outgoing.ts'
import { type RequestOptions, Requests, requesting } from './publishing/requests.ts'
import { type AmqpTopicOptions, requestTopics, topicShapes } from './topology/topic-options.ts'
import { queuesOf } from './topology/topology.ts'

export type { ClientTlsOptions as TlsOptions } from '../../kernel/adapter-kit.ts'
export type { AmqpOptions, ExchangeType } from './connection/options.ts'
export type { AmqpGiven, AmqpProperties } from './messages/message.ts'
export type { AmqpPublishOptions } from './messages/outgoing.ts'
export type { RequestOptions } from './publishing/requests.ts'
export type { AmqpTopicOptions, BindingOptions } from './topology/topic-options.ts'

/** A message bus on RabbitMQ. `Added` is what its middleware adds. */
export interface AmqpBus<Added = object> extends MessageBus {
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: AmqpTopicOptions<PublishedTo<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, AmqpGiven<DataOf<T>>> & Added, void> &
    OrderedFor<Batch, AmqpGiven<PublishedTo<T>>>
  publish<const T extends string | Topic>(
    topic: T,
    data: PublishedTo<T>,
    options?: AmqpPublishOptions,
  ): Promise<void>
  /** The source of requests on a topic. What the handler returns is sent as the reply if the message asks for one. */
  requests<const T extends string | Topic>(
    topic: T,
    options?: Omit<AmqpTopicOptions<PublishedTo<T>>, 'batch'>,
  ): Source<AmqpGiven<DataOf<T>> & Added, ReplyFor<T>> & OrderedFor<undefined, AmqpGiven<PublishedTo<T>>>
  /**
   * Publishes a message and resolves with what its handler returns. Rejects with `REQUEST_TIMEOUT` when no reply
   * arrives in time; with `REQUEST_FAILED` when the request was dropped or dead-lettered, or the connection was lost;
   * with `PUBLISH_UNROUTABLE` when nobody handles such requests; with `RESPONSE_UNPARSABLE` or `RESPONSE_INVALID` for a
   * bad reply; and for the reasons that `publish` rejects.
   */
  request<const T extends string | Topic>(
    topic: T,
    data: PublishedTo<T>,
    options?: RequestOptions,
  ): Promise<RepliedTo<T>>
  /** The same bus, with middleware for every handler of its topics. */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware:
      | EndingIn<HandlerContext & AmqpGiven & Added, End>
      | (List & Fits<HandlerContext & AmqpGiven & Added, List>),
  ): AmqpBus<Added & AddedByEnd<End> & AddedByUse<List>>
}

/**
 * Makes a message bus on RabbitMQ. It needs the packages `rascal` and `amqplib`. Exchanges, queues, bindings and names
 * are those of the Python library, so services of both can share a queue. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT`
 * and `TLS_INVALID`.
 */
export function amqp(given: AmqpOptions = {}): AmqpBus {
  const options = resolveAmqpOptions(given)
  const requests = new Requests()
  const bus = messageBus(
    {
      transport: 'amqp',
      topicOptions: topicShapes,
      publishOptions: publishShapes,
      limits: { entries: Number.POSITIVE_INFINITY },
      fill,
      plan: (actors) => queuesOf(actors, options),
      // Others may leave room for another connection at any time.
      isHopeless: (error) =>
        isA(error, TomodachiError) &&
        !hasCode(error, 'BROKER_UNREACHABLE') &&
        !hasCode(error, 'CONNECTION_LIMIT'),
      connect(session, queues) {
        session.signal.addEventListener('abort', () => requests.close(), { once: true })
        return connect(session, queues, options, requests)
      },
      outgoing: (topic, encoded, publishing) =>
        outgoing(topic, encoded, publishing as ResolvedPublishOptions, options),
    },
    options,
    (parts) => ({
      requests: (topic: string | Topic, topicOptions?: object) =>
        parts.source(topic, topicOptions, { replies: true }, requestTopics),
      request: requesting(parts, requests, options),
    }),
  )
  return bus as unknown as AmqpBus
}
