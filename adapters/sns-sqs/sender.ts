import { type Format, jsonBase } from '../../envelopes/index.ts'
import {
  encode,
  type InFlight,
  isPromise,
  type MaybePromise,
  topicOf,
  withTrace,
} from '../../kernel/adapter-kit.ts'
import { TomodachiError, type Topic } from '../../kernel/index.ts'
import { isMissing } from './errors.ts'
import { isFifo, isPattern, queueName, topicName } from './names.ts'
import type { ResolvedOptions } from './options.ts'
import { queueMessage, type SendOptions, type SnsSqsPublishOptions, topicMessage } from './outgoing.ts'
import { type Session, tried } from './session.ts'

/** What a sender needs of the adapter. */
export interface SenderContext {
  readonly options: ResolvedOptions
  /** Counts what is under way. */
  readonly work: InFlight
  /** Ends calls that are tried again. */
  signal(): AbortSignal
  /** Throws `ADAPTER_NOT_STARTED`. */
  session(operation: string): Session
}

/** Publishes to topics and sends to queues. */
export class Sender {
  readonly #context: SenderContext

  constructor(context: SenderContext) {
    this.#context = context
  }

  async publish(
    topic: string | Topic,
    data: unknown,
    publishOptions: SnsSqsPublishOptions = {},
  ): Promise<void> {
    const { options, work } = this.#context
    const contract = topicOf(topic)
    const { name } = contract
    const { topicPrefix: prefix = options.topicPrefix, groupId, topicAttributes } = publishOptions
    if (isPattern(name)) throw new TomodachiError('TOPIC_WITH_WILDCARD', { topic: name })
    refuseDelay(publishOptions.delay)
    const wire = topicName(name, { prefix, fifo: groupId !== undefined || isFifo(name) })
    const headers = headersOf(publishOptions)
    const operation = `publishing to ${name}`
    const sender = this.#context.session(operation).sender()
    const encoded = await encode(contract, data, { ...publishOptions, headers }, options.envelope, sender)
    const message = topicMessage(name, encoded, publishOptions)
    const { overwriteTopicAttributes: overwrite = true } = publishOptions
    const wishes = { overwrite, ...(topicAttributes ? { attributes: topicAttributes } : {}) }
    await work.track(async () => {
      const { tools, publisher, bus } = this.#context.session(operation)
      await this.#send(
        () =>
          tools.topics.known(wire, wishes) ??
          this.#lookUp(`the topic ${wire}`, () => tools.topics.arnOf(wire, wishes)),
        (arn) => tools.topics.forget(arn),
        (arn) => publisher.publish(arn, message),
      )
      bus.emit('published', { adapter: options.name, topic: name })
    })
  }

  async sendMessage(queue: string | Topic, data: unknown, sendOptions: SendOptions = {}): Promise<string> {
    const { options, work } = this.#context
    const contract = topicOf(queue)
    const { name } = contract
    const address = /^(arn|https?):/.test(name) ? name : queueName(name, { prefix: options.queueNamePrefix })
    const envelope = untitled(sendOptions.envelope ?? contract.envelope ?? options.envelope)
    const operation = `sending to ${name}`
    const sender = this.#context.session(operation).sender()
    const encoded = await encode(contract, data, { headers: headersOf(sendOptions) }, envelope, sender)
    return work.track(async () => {
      const { tools, publisher, bus } = this.#context.session(operation)
      const id = await this.#send(
        () => this.#lookUp(`the queue ${address}`, () => tools.queues.urlOf(address)),
        (url) => tools.queues.forget(url),
        (url) => publisher.send(url, queueMessage(url, name, encoded, sendOptions)),
      )
      bus.emit('published', { adapter: options.name, topic: name })
      return id
    })
  }

  #lookUp(subject: string, call: () => Promise<string>): Promise<string> {
    const { options, signal } = this.#context
    return tried(subject, call, { timeout: options.publishTimeout, signal: signal() })
  }

  /** What is gone since it was looked up is looked up, or made, and sent to once more. */
  async #send(
    lookUp: () => MaybePromise<string>,
    forget: (target: string) => void | Promise<void>,
    send: (target: string) => Promise<string>,
  ): Promise<string> {
    const found = lookUp()
    const target = isPromise(found) ? await found : found
    try {
      return await send(target)
    } catch (error) {
      if (!isMissing(error)) throw error
      await forget(target)
      return send(await lookUp())
    }
  }
}

function headersOf({ headers, messageAttributes }: Pick<SendOptions, 'headers' | 'messageAttributes'>) {
  return withTrace({ ...headers, ...messageAttributes })
}

/** The Python library names no topic in what it sends to a queue. */
function untitled({ build, parse }: Format = jsonBase()): Format {
  return { build: (data, _, sender) => build(data, '', sender), parse }
}

function refuseDelay(delay: unknown): void {
  if (delay === undefined || delay === 0) return
  const expected = 'left out, as SNS cannot delay; sendMessage to a queue can'
  throw new TomodachiError('OPTION_INVALID', { option: 'delay', expected, actual: delay })
}
