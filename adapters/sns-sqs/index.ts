import { type Format, jsonBase } from '../../envelopes/index.ts'
import {
  type AddedByEnd,
  type AddedByUse,
  type Ending,
  type EndingIn,
  type Fits,
  messageBus,
  type OrderedFor,
  type PublishedTo,
  topicOf,
  type UsableList,
} from '../../kernel/adapter-kit.ts'
import type {
  BatchOptions,
  DataOf,
  GivenFor,
  HandlerContext,
  MessageBus,
  Source,
  Topic,
} from '../../kernel/index.ts'
import { snsSqsBroker } from './broker.ts'
import { resolveSnsSqsOptions, type SnsSqsOptions } from './client/options.ts'
import type { SnsSqsGiven } from './sources/given.ts'
import { queueShapes, type SnsSqsQueueOptions, type SnsSqsTopicOptions } from './sources/options.ts'
import { ofQueue } from './sources/source.ts'
import { queueAddress } from './wire/names.ts'
import { queueMessage } from './wire/outgoing.ts'
import { type SendOptions, type SnsSqsPublishOptions, sendShapes } from './wire/publish-options.ts'

export { type AwsCall, awsCall } from './client/aws-call.ts'
export type { AwsCredentials } from './client/credentials.ts'
export type { LargePayloads } from './client/large-payloads.ts'
export type { EndpointUrls, SnsSqsOptions } from './client/options.ts'
export type {
  InvocationContext,
  SqsBatchResponse,
  SqsEvent,
  SqsRecord,
  SqsRecordAttribute,
} from './lambda/event.ts'
export { lambda, type SqsHandler } from './lambda/lambda.ts'
export type { SnsSqsGiven } from './sources/given.ts'
export type { SnsSqsQueueOptions, SnsSqsTopicOptions } from './sources/options.ts'
export type { BodyParts, SendOptions, SnsSqsPublishOptions, TopicAttributes } from './wire/publish-options.ts'

/** A message bus on AWS SNS and SQS. `Added` is what its middleware adds. */
export interface SnsSqsBus<Added = object> extends MessageBus {
  /**
   * The source of the messages of a topic, through a queue that is subscribed to it; `topic` is its name, or the ARN of
   * one that exists. In a name `*` stands for any
   * characters up to the next dot and `#` for any characters at all. Wildcards match the topics that exist when the bus
   * starts.
   */
  topic<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    topic: T,
    options?: SnsSqsTopicOptions<PublishedTo<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, SnsSqsGiven<DataOf<T>>> & Added, void> &
    OrderedFor<Batch, SnsSqsGiven<PublishedTo<T>>>

  /** The source of the messages in an existing queue; `queue` is its name, ARN or URL. */
  queue<const T extends string | Topic, Batch extends BatchOptions | undefined = undefined>(
    queue: T,
    options?: SnsSqsQueueOptions<PublishedTo<T>> & { readonly batch?: Batch },
  ): Source<GivenFor<Batch, SnsSqsGiven<DataOf<T>>> & Added, void> &
    OrderedFor<Batch, SnsSqsGiven<PublishedTo<T>>>

  /**
   * Publishes data to a topic, by its name or ARN. Resolves when SNS has confirmed the message. A topic that is given by
   * its name is created if it does not exist.
   */
  publish<const T extends string | Topic>(
    topic: T,
    data: PublishedTo<T>,
    options?: SnsSqsPublishOptions,
  ): Promise<void>

  /**
   * Sends data to a queue without SNS; `queue` is its name, ARN or URL. Resolves with the id that SQS gives the
   * message.
   */
  sendMessage<const T extends string | Topic>(
    queue: T,
    data: PublishedTo<T>,
    options?: SendOptions,
  ): Promise<string>

  /** The same bus, with middleware for every handler of its topics and queues. */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware:
      | EndingIn<HandlerContext & SnsSqsGiven & Added, End>
      | (List & Fits<HandlerContext & SnsSqsGiven & Added, List>),
  ): SnsSqsBus<Added & AddedByEnd<End> & AddedByUse<List>>
}

/**
 * Makes a message bus on AWS SNS and SQS. Topics, queues, policies and names are those of the Python library. Throws
 * `OPTION_INVALID`.
 */
export function snsSqs(options: SnsSqsOptions = {}): SnsSqsBus {
  const resolved = resolveSnsSqsOptions(options)
  const { envelope: format, queueNamePrefix: prefix } = resolved
  const broker = snsSqsBroker(resolved)
  return messageBus(broker, resolved, (parts) => ({
    queue: (queue: string | Topic, given?: SnsSqsQueueOptions) =>
      parts.source(queue, given, ofQueue, { method: 'queue', shapes: queueShapes }),

    async sendMessage(to: string | Topic, data: unknown, given?: SendOptions) {
      const sendOptions = parts.resolve('sendMessage', given, sendShapes)
      const queue = topicOf(to)
      const { name } = queue
      const address = queueAddress(name, { prefix })
      const url = await parts.track(() => broker.urlOf(address))
      const envelope = untitled(sendOptions.envelope ?? queue.envelope ?? format)
      return parts.publish(queue, data, { ...sendOptions, envelope }, (encoded) =>
        queueMessage({ address, url }, name, encoded, sendOptions, resolved),
      )
    },
  })) as unknown as SnsSqsBus
}

/** Leaves out the topic of a message to a queue, as the Python library does. */
function untitled({ build, parse }: Format = jsonBase()): Format {
  return { build: (data, _, sender) => build(data, '', sender), parse }
}
