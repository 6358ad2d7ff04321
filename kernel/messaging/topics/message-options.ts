import type { Format, MessageMetadata } from '../../../envelopes/index.ts'
import type { Duration } from '../../options/duration.ts'
import { duration } from '../../options/duration.ts'
import { formatOption } from '../../options/format-option.ts'
import { callback, flag, lineOfText, record, wholeNumber } from '../../options/option-shapes.ts'
import type { Resolved, ShapesOf } from '../../options/resolve-options.ts'
import { type BatchedOptions, batchOption } from './batch.ts'
import { type DeliveryRules, deliveryRuleShapes, longestWait } from './delivery-rules.ts'

/** What every message bus gives to a handler. */
export interface MessageGiven<Data = unknown> {
  readonly data: Data
  /** How many times the message has been handed out, this time included: 1, 2, … */
  readonly attempt: number
  /**
   * How many times the message came back without having been settled, because its process died, its connection was lost
   * or its handler ran longer than the broker allows. See `retry.redeliveries`.
   */
  readonly redeliveries: number
  /** What the wire format says about the message; undefined for formats without metadata. */
  readonly metadata: MessageMetadata | undefined
  /** The headers of the message, with those of its trace (`traceparent`). The same as the headers of its envelope. */
  readonly headers: Readonly<Record<string, unknown>>
}

/** How a topic is consumed, on every message bus. `Data` is the type of the published data. */
export interface TopicOptions<Data = unknown> extends DeliveryRules {
  /** Name of the queue. Default: a name made from the topic. */
  readonly queue?: string | undefined
  /** Whether the instances of a service share one queue, so that each message goes to one of them. Default true. */
  readonly competing?: boolean | undefined
  /** How many messages are handled at once; Infinity for no limit. Default 100. */
  readonly concurrency?: number | undefined
  /**
   * Returns a key; messages with the same key are handled one after the other, in order. It is given the data as it
   * arrived, before the schema.
   */
  readonly orderBy?: ((given: MessageGiven<Data>) => unknown) | undefined
  /** Queue for messages that cannot be handled. Default: the queue name and `.dead`, or `-dead` where names have no dots. */
  readonly deadLetter?: string | undefined
  /** Wire format. Default: the topic's format, or else the bus's. */
  readonly envelope?: Format | undefined
}

/** The shapes of the options that a topic has on every bus. A broker spreads them into its own topic options. */
export const topicOptionShapes = {
  ...deliveryRuleShapes,
  queue: lineOfText(undefined),
  competing: flag(true),
  concurrency: wholeNumber(100, 1, undefined, { endless: true }),
  orderBy: callback<(given: MessageGiven) => unknown>(),
  deadLetter: lineOfText(undefined),
  envelope: formatOption(),
  batch: batchOption,
} satisfies ShapesOf<TopicOptions & BatchedOptions>

/** Options of a topic that were checked; times in milliseconds. */
export type ResolvedTopicOptions = Resolved<typeof topicOptionShapes>

/** How a message is published, on every message bus. */
export interface PublishOptions {
  /** Wire format. Default: the topic's format, or else the bus's. */
  readonly envelope?: Format | undefined
  /**
   * Headers that travel with the message; retries and dead letters keep them. Headers that the format sets take
   * precedence.
   */
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  /** How long the broker holds the message back before it hands it out. Default 0. */
  readonly delay?: Duration | undefined
}

/** The shapes of the options that `publish` has on every bus. A broker spreads them into its own. */
export const publishOptionShapes = {
  envelope: formatOption(),
  headers: record<NonNullable<PublishOptions['headers']>>('an object of headers by name'),
  delay: duration(0, { most: longestWait }),
} satisfies ShapesOf<PublishOptions>

/** Options of a message that were checked; times in milliseconds. */
export type ResolvedPublishOptions = Resolved<typeof publishOptionShapes>
