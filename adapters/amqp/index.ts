import './errors.ts'
import { matcher, messageSource, type RepliedTo, topicOf } from '../../kernel/adapter-kit.ts'
import type {
  AnyMiddleware,
  BatchOptions,
  DataOf,
  GivenFor,
  HandlerContext,
  MessageBus,
  Middleware,
  Source,
  Topic,
} from '../../kernel/index.ts'
import type { AmqpGiven } from './consumer.ts'
import { type AmqpOptions, resolveOptions } from './options.ts'
import type { AmqpPublishOptions, RequestOptions } from './outgoing.ts'
import { type AmqpTopicOptions, checkTopicOptions } from './topic-options.ts'
import { type Transport, transport } from './transport.ts'

export type { ClientTlsOptions as TlsOptions } from '../../kernel/adapter-kit.ts'
export type { AmqpGiven } from './consumer.ts'
export type { AmqpProperties } from './message.ts'
export type { AmqpOptions } from './options.ts'
export type { AmqpPublishOptions, RequestOptions } from './outgoing.ts'
export type { AmqpTopicOptions } from './topic-options.ts'

/** A message bus on RabbitMQ. `Added` is what its own middleware adds. */
export interface AmqpBus<Added = object> extends MessageBus {
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: AmqpTopicOptions<DataOf<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, AmqpGiven<DataOf<T>>> & Added, void>
  publish<const T extends string | Topic>(
    topic: T,
    data: DataOf<T>,
    options?: AmqpPublishOptions,
  ): Promise<void>
  /** Source of requests on a topic: what the handler returns is the reply, where somebody waits for one. */
  requests<const T extends string | Topic>(
    topic: T,
    options?: Omit<AmqpTopicOptions<DataOf<T>>, 'batch'>,
  ): Source<AmqpGiven<DataOf<T>> & Added, RepliedTo<T>>
  /**
   * Publishes a message, and resolves with what its handler returns. Rejects with `REQUEST_TIMEOUT`; with
   * `REQUEST_FAILED` when the request was dropped or dead-lettered, or the way back was lost; with `PUBLISH_UNROUTABLE`
   * when nobody handles such requests; with `RESPONSE_UNPARSABLE` for a reply that cannot be read, and `RESPONSE_INVALID`
   * for one that does not fit; and as `publish` does.
   */
  request<const T extends string | Topic>(
    topic: T,
    data: DataOf<T>,
    options?: RequestOptions,
  ): Promise<RepliedTo<T>>
  /** The same bus, with middleware for every handler of its topics. */
  use<A>(middleware: Middleware<HandlerContext & AmqpGiven & Added, A>): AmqpBus<Added & A>
}

/**
 * A message bus on RabbitMQ, by the packages `rascal` and `amqplib`. Exchanges, queues, bindings and names are those of
 * the Python library, so that services of both can share a queue. Throws `OPTION_INVALID` and `OPTIONS_CONFLICT`.
 */
export function amqp(options: AmqpOptions = {}): AmqpBus {
  return facade(transport(resolveOptions(options)), [])
}

/** The bus as its users see it: its topics, with the middleware that `use` has added. */
function facade<Added>(server: Transport, use: readonly AnyMiddleware[]): AmqpBus<Added> {
  const { adapter, format, publish, request } = server
  const source = (topic: string | Topic, options: AmqpTopicOptions<never> = {}) => {
    const contract = topicOf(topic)
    matcher(contract.name)
    checkTopicOptions(options)
    return messageSource(adapter, 'amqp', contract, options, use, format) as never
  }
  return {
    ...adapter,
    get ready() {
      return adapter.ready ?? true
    },
    origin: adapter,
    topic: (topic, options) => source(topic, options as AmqpTopicOptions<never>),
    requests: (topic, options) => source(topic, options as AmqpTopicOptions<never>),
    publish,
    request: request as AmqpBus['request'],
    use: (middleware) => facade(server, [...use, middleware as AnyMiddleware]),
  }
}
