import {
  type Envelope,
  type Format,
  jsonBase,
  type MessageMetadata,
  type Payload,
  type Sender,
  type WireHeaders,
} from '../../../envelopes/index.ts'
import type { Actor } from '../../actors/actor.ts'
import type { Adapter } from '../../actors/adapter.ts'
import type { AnyMiddleware } from '../../actors/middleware.ts'
import type { FailureRule } from '../../actors/settlement.ts'
import type { Mutable, Source } from '../../actors/source.ts'
import { TomodachiError } from '../../errors.ts'
import { follow, isPromise, letGo, type MaybePromise } from '../../promise.ts'
import { checked } from '../../schema.ts'
import { reasonOf } from '../../thrown.ts'
import { deliveryRules, type RetryLimits, retryLimits } from './delivery-rules.ts'
import type { MessageGiven, PublishOptions, ResolvedTopicOptions, TopicOptions } from './message-options.ts'
import type { Topic } from './topic.ts'

/** A source of messages: what every message bus has in common, together with the topic and its options. */
export interface MessageSource extends Source<MessageGiven, void> {
  readonly topic: Topic
  /** The options that say where its messages wait. */
  readonly options: Pick<TopicOptions<never>, 'queue' | 'competing' | 'deadLetter'>
  readonly format: Format
  readonly failed: FailureRule
  /** How often a message may be handed out. */
  readonly retry: RetryLimits
  /** Undefined where messages are handled one by one. */
  readonly batch: { readonly size: number; readonly wait: number } | undefined
  /** Does for a batch what `prepare` does for a single message: each message is checked before it joins. */
  check?(given: MessageGiven): MaybePromise<void>
}

/** The actor of a topic. */
export type MessageActor = Actor<MessageSource>

/** Returns the topic as an object, whether you gave an object or a name. Throws `OPTION_INVALID`. */
export function topicOf(topic: string | Topic): Topic {
  if (typeof topic === 'string') return { name: topic }
  if (typeof (topic as Partial<Topic> | undefined | null)?.name === 'string') return topic
  const expected = "a name, or what topic('order.created') returns"
  throw new TomodachiError('OPTION_INVALID', { option: 'the topic', expected, actual: topic })
}

/** Makes the source of a topic, with the delivery rules and the schema in place. Throws `OPTIONS_CONFLICT`. */
export function messageSource(
  adapter: Adapter,
  transport: string,
  topic: Topic,
  options: ResolvedTopicOptions,
  use: readonly AnyMiddleware[],
  format: Format = jsonBase(),
  fill?: Fill,
): MessageSource {
  const { concurrency, orderBy, batch, queue, envelope } = options
  if (batch && orderBy) throw new TomodachiError('OPTIONS_CONFLICT', { one: 'batch', other: 'orderBy' })
  const { schema, name } = topic
  const checks = batch ? 'check' : 'prepare'
  return {
    adapter,
    transport,
    address: queue === undefined ? name : `${name} in ${queue}`,
    use,
    concurrency,
    failed: deliveryRules(options),
    retry: retryLimits(options.retry),
    topic,
    options,
    format: envelope ?? topic.envelope ?? format,
    batch,
    ...(batch ? {} : { identify }),
    ...(orderBy ? { orderBy } : {}),
    ...(fill && !batch ? { fill: filling(fill) } : {}),
    ...(schema ? { [checks]: (given: MessageGiven) => fit(given as Mutable<MessageGiven>) } : {}),
  }

  function fit(given: Mutable<MessageGiven>): MaybePromise<void> {
    const data = checked(schema as NonNullable<typeof schema>, given.data, `the message of ${name}`)
    const keep = (valid: unknown) => {
      given.data = valid
    }
    return isPromise(data) ? follow(data, keep) : keep(data)
  }
}

/** Copies what a broker gives besides the common values, as `Broker.fill`. */
type Fill = (context: object, given: object) => void

function filling(fill: Fill): NonNullable<MessageSource['fill']> {
  return (context, given) => {
    context.data = given.data
    context.attempt = given.attempt
    context.redeliveries = given.redeliveries
    context.metadata = given.metadata
    context.headers = given.headers
    fill(context, given)
  }
}

/** What identifies a message in the log. */
const identify = ({ id, attempt }: Envelope) => ({ messageId: id, attempt })

/** The contents of a payload, or the reason why it cannot be read. */
export interface Decoded {
  readonly data: unknown
  readonly metadata: MessageMetadata | undefined
  readonly failure?: TomodachiError
}

/**
 * Reads a payload, with the headers that came with it. Never throws: a payload that cannot be read is a failure of its
 * delivery. `fault` says why there is no payload.
 */
export function decode(
  format: Format,
  payload: Payload | undefined,
  topic: string,
  headers: WireHeaders = {},
  fault = 'it is not a message that this bus knows',
): Decoded {
  try {
    if (payload === undefined) throw new TypeError(fault)
    const { data, metadata } = atOnce(format.parse(payload, headers), 'parse')
    // What cannot be read of it shows here, not where it is used.
    void metadata?.messageUuid
    return { data, metadata }
  } catch (error) {
    const failure = new TomodachiError(
      'PAYLOAD_UNPARSABLE',
      { subject: `the message of ${topic}`, reason: reasonOf(error) },
      { cause: error },
    )
    return { data: undefined, metadata: undefined, failure }
  }
}

/** A message as it goes to a transport. */
export interface Encoded {
  readonly payload: Payload
  /** The headers of the publisher, and those of the format, which win. */
  readonly headers: WireHeaders
}

/**
 * Makes a message that names `sender`. Returns at once unless the topic's schema is asynchronous. Fails with
 * `PAYLOAD_INVALID` if the data does not fit the schema, and with `PAYLOAD_UNBUILDABLE` if the format cannot carry it.
 */
export function encode(
  topic: Topic,
  data: unknown,
  { envelope, headers = {} }: PublishOptions,
  format: Format | undefined,
  sender: Sender,
): MaybePromise<Encoded> {
  const build = () =>
    built(envelope ?? topic.envelope ?? format ?? jsonBase(), topic.name, data, headers, sender)
  const checking = topic.schema && checked(topic.schema, data, `the message of ${topic.name}`)
  return isPromise(checking) ? encodedFirst(build, checking) : build()
}

/** A message as its data is now: while the data is checked, the publisher may reuse what it has given. */
function encodedFirst(build: () => Encoded, checking: Promise<unknown>): Promise<Encoded> {
  let encode: () => Encoded
  try {
    const { payload, headers } = build()
    const own = typeof payload === 'string' ? payload : Uint8Array.from(payload)
    const encoded = { payload: own, headers: { ...headers } }
    encode = () => encoded
  } catch (error) {
    encode = () => {
      throw error
    }
  }
  return follow(checking, encode)
}

function built(wire: Format, topic: string, data: unknown, headers: WireHeaders, sender: Sender): Encoded {
  try {
    const message = atOnce(wire.build(data, topic, sender), 'build')
    if (typeof message === 'string' || message instanceof Uint8Array) return { payload: message, headers }
    return { payload: message.payload, headers: { ...headers, ...message.headers } }
  } catch (error) {
    throw new TomodachiError('PAYLOAD_UNBUILDABLE', { topic, reason: reasonOf(error) }, { cause: error })
  }
}

/** The result of a format, which must not be a promise. */
function atOnce<Value>(value: Value, method: 'build' | 'parse'): Value {
  if (!isPromise(value)) return value
  letGo(value)
  throw new TypeError(`the format's ${method} returned a promise; it has to return the value itself`)
}
