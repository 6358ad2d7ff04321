import './errors.ts'
import { topicOf } from '../../kernel/adapter-kit.ts'
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
import type { SnsSqsGiven } from './given.ts'
import { resolveOptions, type SnsSqsOptions } from './options.ts'
import type { SendOptions, SnsSqsPublishOptions } from './outgoing.ts'
import { queueSource, type SnsSqsQueueOptions, type SnsSqsTopicOptions, topicSource } from './source.ts'
import { type Transport, transport } from './transport.ts'

export type { SnsSqsGiven } from './given.ts'
export type { EndpointUrls, SnsSqsOptions } from './options.ts'
export type { BodyParts, SendOptions, SnsSqsPublishOptions } from './outgoing.ts'
export { type AwsCall, awsCall } from './sdk.ts'
export type { SnsSqsQueueOptions, SnsSqsTopicOptions } from './source.ts'
export type { TopicAttributes } from './topics.ts'

/** A message bus on AWS SNS and SQS. `Added` is what its own middleware adds. */
export interface SnsSqsBus<Added = object> extends MessageBus {
  /**
   * Source of the messages of a topic, which a queue is subscribed to. `*` in a name stands for anything up to the next
   * dot, `#` for anything at all, among the topics that exist when the bus starts.
   */
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: SnsSqsTopicOptions<DataOf<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, SnsSqsGiven<DataOf<T>>> & Added, void>

  /** Source of the messages in a queue that exists: by its name, ARN or URL. */
  queue<const T extends string | Topic>(
    queue: T,
    options?: SnsSqsQueueOptions<DataOf<T>>,
  ): Source<SnsSqsGiven<DataOf<T>> & Added, void>

  /** Resolves when SNS has confirmed the message. The topic is made when it does not exist. */
  publish<const T extends string | Topic>(
    topic: T,
    data: DataOf<T>,
    options?: SnsSqsPublishOptions,
  ): Promise<void>

  /** Sends to a queue, without SNS: by its name, ARN or URL. Resolves with the id that SQS has given the message. */
  sendMessage<const T extends string | Topic>(
    queue: T,
    data: DataOf<T>,
    options?: SendOptions,
  ): Promise<string>

  /** The same bus, with middleware for every handler of its topics and queues. */
  use<A>(middleware: Middleware<HandlerContext & SnsSqsGiven & Added, A>): SnsSqsBus<Added & A>
}

/**
 * A message bus on AWS SNS and SQS, by the clients of the AWS SDK. Topics, queues, policies and names are those of the
 * Python library, so that services of both can share a queue. Throws `OPTION_INVALID`.
 */
export function snsSqs(options: SnsSqsOptions = {}): SnsSqsBus {
  return facade(transport(resolveOptions(options)), [])
}

/** The bus as its users see it: its topics and queues, with the middleware that `use` has added. */
function facade<Added>(server: Transport, use: readonly AnyMiddleware[]): SnsSqsBus<Added> {
  const { adapter, format, sender } = server
  const extras = { use, format }
  return {
    ...adapter,
    get ready() {
      return adapter.ready ?? true
    },
    origin: adapter,
    topic: (topic, options = {}) =>
      topicSource(adapter, topicOf(topic), options as SnsSqsTopicOptions<never>, extras) as never,
    queue: (queue, options = {}) =>
      queueSource(adapter, topicOf(queue), options as SnsSqsQueueOptions<never>, extras) as never,
    publish: (topic, data, options) => sender.publish(topic, data, options),
    sendMessage: (queue, data, options) => sender.sendMessage(queue, data, options),
    use: (middleware) => facade(server, [...use, middleware as AnyMiddleware]),
  }
}
