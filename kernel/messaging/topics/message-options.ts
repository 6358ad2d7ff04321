import type { Format, MessageMetadata } from '../../../envelopes/index.ts'
import type { DeliveryRules } from './delivery-rules.ts'

/** What every message bus gives to a handler. */
export interface MessageGiven<Data = unknown> {
  readonly data: Data
  /** How many times the message has been handed out, this time included: 1, 2, … */
  readonly attempt: number
  /** What the wire format says of the message; undefined for formats without. */
  readonly metadata: MessageMetadata | undefined
  /** Headers that came with the message: its own, and those of its trace (`traceparent`). The same as those of its envelope. */
  readonly headers: Readonly<Record<string, unknown>>
}

/** How a topic is consumed, on every message bus. `Data` is what is published to it. */
export interface TopicOptions<Data = unknown> extends DeliveryRules {
  /** Name of the queue. Default: a name that follows from the topic. */
  readonly queue?: string
  /** Whether instances share one queue, so that one of them gets each message. Default true. */
  readonly competing?: boolean
  /** Messages that are handled at once. Default 100. */
  readonly concurrency?: number
  /** Messages of the same key are handled one after the other, in order. It is given data as it arrived, before the schema. */
  readonly orderBy?: (given: MessageGiven<Data>) => unknown
  /** Queue for messages that cannot be handled. Default `<queue>.dead`. */
  readonly deadLetter?: string
  /** Wire format. Default: that of the topic, else that of the bus. */
  readonly envelope?: Format
}

/** How a message is published, on every message bus. */
export interface PublishOptions {
  /** Wire format. Default: that of the topic, else that of the bus. */
  readonly envelope?: Format
  /** Headers that travel with the message and are kept by retries and dead letters. Those of its format win. */
  readonly headers?: Readonly<Record<string, unknown>>
  /** Hands the message out this much later, in milliseconds, where the transport can. Default 0. */
  readonly delay?: number
}
