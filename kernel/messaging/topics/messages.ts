import {
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
import type { Source } from '../../actors/source.ts'
import { TomodachiError } from '../../errors.ts'
import { follow, isPromise, letGo, type MaybePromise } from '../../promise.ts'
import { checked } from '../../schema.ts'
import { reasonOf } from '../../thrown.ts'
import { deliveryRules } from './delivery-rules.ts'
import type { MessageGiven, PublishOptions, ResolvedTopicOptions, TopicOptions } from './message-options.ts'
import type { Topic } from './topic.ts'

/** A source of messages: what every message bus has in common, and beside it the topic and its options. */
export interface MessageSource extends Source<MessageGiven, void> {
  readonly topic: Topic
  /** What says where its messages wait. */
  readonly options: Pick<TopicOptions<never>, 'queue' | 'competing' | 'deadLetter'>
  readonly format: Format
  readonly failed: FailureRule
  /** Undefined where messages are handled one by one. */
  readonly batch: { readonly size: number; readonly wait: number } | undefined
  /** What `prepare` is to single messages: of a batch each is checked before it joins. */
  check?(given: MessageGiven): MaybePromise<void>
}

/** The actor of a topic. */
export type MessageActor = Actor<MessageSource>

/** A topic as an object, whether it was given as one or by its name. Throws `OPTION_INVALID`. */
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
    topic,
    options,
    format: envelope ?? topic.envelope ?? format,
    batch,
    ...(orderBy ? { orderBy } : {}),
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

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** What a payload says, or why it says nothing. */
export interface Decoded {
  readonly data: unknown
  readonly metadata: MessageMetadata | undefined
  readonly failure?: TomodachiError
}

/**
 * Reads a payload, with the headers that came beside it. Never throws: a payload that cannot be read is a failure of
 * its delivery; `fault` says why there is none.
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
 * Makes a message, which names `sender`. At once, unless the topic's schema takes its time. Fails with `PAYLOAD_INVALID` for
 * data that does not fit the schema, and with `PAYLOAD_UNBUILDABLE` for data that the format cannot carry.
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
  return isPromise(checking) ? follow(checking, build) : build()
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

/** What a format of a user's own gave; it must not be a promise. */
function atOnce<Value>(value: Value, method: 'build' | 'parse'): Value {
  if (!isPromise(value)) return value
  letGo(value)
  throw new TypeError(`the format's ${method} returned a promise; it has to return at once`)
}
