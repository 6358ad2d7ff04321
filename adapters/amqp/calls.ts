import { type Format, jsonBase, type Sender } from '../../envelopes/index.ts'
import {
  decode,
  encode,
  type InFlight,
  isPattern,
  reasonOf,
  sentenceOf,
  topicOf,
  validate,
  withTrace,
} from '../../kernel/adapter-kit.ts'
import { TomodachiError, type Topic } from '../../kernel/index.ts'
import { checkNumber } from './checks.ts'
import type { Connection } from './connection.ts'
import type { ResolvedOptions } from './options.ts'
import { type AmqpPublishOptions, outgoing, type RequestOptions } from './outgoing.ts'
import type { Outgoing } from './pending.ts'
import { delayQueue, tierOf } from './retries.ts'

/** How long a request waits for its reply, in milliseconds. */
const defaultTimeout = 10_000

/** What users of a bus ask of it. */
export interface Calls {
  publish(topic: string | Topic, data: unknown, options?: AmqpPublishOptions): Promise<void>
  request(topic: string | Topic, data: unknown, options?: RequestOptions): Promise<unknown>
}

/** What calls go through. */
export interface CallContext {
  readonly options: ResolvedOptions
  /** Whom a message names as its sender. Throws `ADAPTER_NOT_STARTED`, naming the operation. */
  sender(operation: string): Sender
  /** Counts what has begun, for the drain. */
  readonly work: InFlight
  /** Throws `ADAPTER_NOT_STARTED`, naming the operation. */
  connection(operation: string): Connection
  /** Told of each message that was confirmed. */
  published(topic: string): void
}

/** Makes the calls of a bus. */
export function callsOf({ options, sender, work, connection, published }: CallContext): Calls {
  const { envelope: format } = options

  async function publish(topic: string | Topic, data: unknown, publishOptions: AmqpPublishOptions = {}) {
    const contract = topicOf(topic)
    const from = sender(`publishing to ${contract.name}`)
    const message = await built(contract, data, publishOptions, options, from)
    await work.track(() => send(message, publishOptions.delay ?? 0))
    published(message.subject)
  }

  async function send(message: Outgoing, delay: number): Promise<void> {
    const { publisher, declare } = connection(`publishing to ${message.subject}`)
    if (!(delay > 0)) return publisher.publish(message)
    const queue = delayQueue(message.exchange, tierOf(delay))
    if (options.declare) await declare(queue)
    await publisher.publish({ ...message, exchange: queue.name })
  }

  async function request(topic: string | Topic, data: unknown, requestOptions: RequestOptions = {}) {
    const { timeout = defaultTimeout, ...publishOptions } = requestOptions
    checkNumber('request.timeout', timeout, 1, 2 ** 31 - 1)
    const contract = topicOf(topic)
    const operation = `a request on ${contract.name}`
    const from = sender(operation)
    const message = await built(contract, data, { mandatory: true, ...publishOptions }, options, from)
    const { publisher, requests } = connection(operation)
    const { content, properties } = await work.track(() => requests.send(publisher, message, timeout))
    const headers = { ...properties.headers, 'content-type': properties.contentType }
    return replyOf(contract, publishOptions.envelope ?? format, content, headers)
  }

  return { publish, request }
}

async function built(
  contract: Topic,
  data: unknown,
  publishOptions: AmqpPublishOptions,
  options: ResolvedOptions,
  sender: Sender,
): Promise<Outgoing> {
  const { name: topic } = contract
  if (isPattern(topic)) throw new TomodachiError('TOPIC_WITH_WILDCARD', { topic })
  const encoded = await encode(contract, data, publishOptions, options.envelope, sender)
  return outgoing(topic, { ...encoded, headers: withTrace(encoded.headers) }, publishOptions, options)
}

async function replyOf(
  { name, reply: schema, envelope }: Topic,
  format: Format = jsonBase(),
  content: Buffer,
  headers: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { data, failure } = decode(envelope ?? format, content, name, headers)
  // Not a fault of what the caller handles: an HTTP request that needs this reply is not a bad one.
  const call = `the request on ${name}`
  if (failure)
    throw new TomodachiError(
      'RESPONSE_UNPARSABLE',
      { call, reason: reasonOf(failure.cause) },
      { cause: failure.cause },
    )
  if (!schema) return data
  const result = await validate(schema, data)
  if ('value' in result) return result.value
  throw new TomodachiError('RESPONSE_INVALID', { call, issues: sentenceOf(result) })
}
