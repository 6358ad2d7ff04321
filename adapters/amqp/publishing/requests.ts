import { randomUUID } from 'node:crypto'
import { type Format, jsonBase } from '../../../envelopes/index.ts'
import {
  type BusParts,
  decode,
  duration,
  flag,
  reasonOf,
  type ShapesOf,
  sentenceOf,
  textOf,
  topicOf,
  validate,
} from '../../../kernel/adapter-kit.ts'
import { type Duration, TomodachiError, type Topic } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../connection/options.ts'
import type { Message } from '../connection/rascal.ts'
import { failureHeader } from '../messages/message.ts'
import { type AmqpMessage, type AmqpPublishOptions, outgoing, publishShapes } from '../messages/outgoing.ts'

/** RabbitMQ's direct reply-to: replies come over the channel of the request, without a queue. */
export const replyQueue = 'amq.rabbitmq.reply-to'

/** How a request is made. If no queue takes it, the request fails unless you set `mandatory: false`. */
export interface RequestOptions extends Omit<AmqpPublishOptions, 'delay' | 'correlationId' | 'replyTo'> {
  /** How long to wait for the reply, including the time to publish. Default `10s`. */
  readonly timeout?: Duration | undefined
}

const { delay: _, correlationId: __, replyTo: ___, ...publishOptions } = publishShapes

const requestShapes = {
  ...publishOptions,
  mandatory: flag(true),
  timeout: duration('10s', { least: 1 }),
} satisfies ShapesOf<RequestOptions>

interface Waiting {
  readonly topic: string
  readonly resolve: (reply: Message) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout
  /** Whether the broker has confirmed the request; if so, it is not sent again after a lost connection. */
  isConfirmed: boolean
}

/** Requests that wait for their replies. */
export class Requests {
  readonly #waiting = new Map<string, Waiting>()

  /**
   * Sends a request, and resolves with its reply. Rejects with `REQUEST_TIMEOUT`, with `REQUEST_FAILED` when the other side
   * reports a failure or the connection is lost, and as `send` does.
   */
  make(
    message: AmqpMessage,
    timeout: number,
    send: (subject: string, message: AmqpMessage) => Promise<unknown>,
  ): Promise<Message> {
    const id = randomUUID()
    const { subject: topic } = message
    return new Promise((resolve, reject) => {
      const late = () =>
        this.#fail(id, new TomodachiError('REQUEST_TIMEOUT', { topic, milliseconds: timeout }))
      const timer = setTimeout(late, timeout)
      const waiting: Waiting = { topic, resolve, reject, timer, isConfirmed: false }
      this.#waiting.set(id, waiting)
      const fields = { ...message.fields, correlationId: id, replyTo: replyQueue }
      send(topic, { ...message, fields }).then(
        () => {
          waiting.isConfirmed = true
        },
        (error: unknown) => this.#fail(id, error),
      )
    })
  }

  /** Call it with each reply. Replies that nobody waits for are ignored. */
  take(reply: Message): void {
    const { correlationId = '', headers = {} } = reply.properties
    const waiting = this.#end(correlationId)
    if (!waiting) return
    const failure = headers[failureHeader]
    if (failure === undefined) waiting.resolve(reply)
    else
      waiting.reject(new TomodachiError('REQUEST_FAILED', { topic: waiting.topic, reason: textOf(failure) }))
  }

  /** Call it when the channel is gone, because no more replies can arrive over it. */
  lost(): void {
    for (const [id, { isConfirmed }] of this.#waiting)
      if (isConfirmed) this.#abandon(id, 'the connection was lost')
  }

  /** Fails all that wait. */
  close(): void {
    for (const id of this.#waiting.keys()) this.#abandon(id, 'the bus was closed')
  }

  #abandon(id: string, reason: string): void {
    const { topic = '' } = this.#waiting.get(id) ?? {}
    this.#fail(id, new TomodachiError('REQUEST_FAILED', { topic, reason }))
  }

  #fail(id: string, error: unknown): void {
    this.#end(id)?.reject(error)
  }

  #end(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (!waiting) return undefined
    clearTimeout(waiting.timer)
    this.#waiting.delete(id)
    return waiting
  }
}

/** The `request` of a bus. */
export function requesting(parts: BusParts<AmqpMessage>, requests: Requests, options: ResolvedOptions) {
  return async (topic: string | Topic, data: unknown, given?: RequestOptions) => {
    const request = parts.resolve('request', given, requestShapes)
    const contract = topicOf(topic)
    return parts.depart('request', contract, async (facts) => {
      const encoded = await parts.encode(contract, data, request)
      const fields = { ...request, correlationId: undefined, replyTo: undefined }
      const message = outgoing(contract.name, encoded, fields, options)
      Object.assign(facts, { bytes: Buffer.byteLength(encoded.payload), message })
      const reply = await parts.track(async () => requests.make(message, request.timeout, parts.send))
      return read(reply, contract, contract.envelope ?? request.envelope ?? options.envelope)
    })
  }
}

async function read(
  { content, properties }: Message,
  { name, reply: schema }: Topic,
  format: Format = jsonBase(),
): Promise<unknown> {
  const headers = { ...properties.headers, 'content-type': properties.contentType }
  const { data, failure } = decode(format, content, name, headers)
  // These have their own codes: a handler that passes the error on to an HTTP client must not blame the client's
  // request.
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
