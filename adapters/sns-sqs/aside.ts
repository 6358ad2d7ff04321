import type { Message } from '@aws-sdk/client-sqs'
import { deadLetterMessage, withoutDeadLetterHeaders, workThrough } from '../../kernel/adapter-kit.ts'
import { type DeadLetterMessage, type DeadLetterWork, TomodachiError } from '../../kernel/index.ts'
import type { AttributeValue } from './attributes.ts'
import { batchSize } from './batcher.ts'
import type { Patience } from './call.ts'
import { deleter, visibilityChanger } from './deleter.ts'
import { received } from './message.ts'
import { decodeTopic, isFifo, parseArn } from './names.ts'
import { type Session, tried } from './session.ts'

/** Seconds that messages in hand are hidden from others: longer than a copy and a delete may take. */
const hidden = 120

/** The messages of one dead-letter queue, while somebody works on them. */
export class Aside {
  readonly #queue: string
  readonly #url: string
  readonly #session: Session
  readonly #patience: Patience

  constructor(queue: string, url: string, session: Session, patience: Patience) {
    this.#queue = queue
    this.#url = url
    this.#session = session
    this.#patience = patience
  }

  /** The first messages; they are seen again at once. */
  async peek(limit: number): Promise<readonly DeadLetterMessage[]> {
    const seen = new Map<string | undefined, Message>()
    while (seen.size < limit) {
      const messages = await this.#take(limit - seen.size)
      if (messages.length === 0) break
      for (const message of messages) seen.set(message.MessageId, message)
    }
    await this.#release([...seen.values()])
    return [...seen.values()].map(read)
  }

  /** Sends copies to the queues that the messages came from. */
  async redrive(to: string | undefined, work: DeadLetterWork): Promise<number> {
    return this.#work(work, (message) => this.#copyBack(message, to))
  }

  async discard(work: DeadLetterWork): Promise<number> {
    return this.#work(work, async () => {})
  }

  /** Does something to each message that was there when the work began, and deletes it. */
  async #work(work: DeadLetterWork, handle: (message: Message) => Promise<void>): Promise<number> {
    const began = Date.now()
    const deletes = deleter(this.#session.tools.aws, this.#url)
    const kept: Message[] = []
    const finish = async (message: Message) => {
      try {
        await handle(message)
        await deletes.add(message.ReceiptHandle ?? '')
      } catch (error) {
        kept.push(message)
        throw error
      }
    }
    try {
      // How many there are, SQS only knows about.
      return await workThrough(work, Number.POSITIVE_INFINITY, async (most) => {
        const messages = await this.#take(most)
        const old = messages.filter(({ Attributes }) => Number(Attributes?.SentTimestamp) <= began)
        kept.push(...messages.filter((message) => !old.includes(message)))
        const failed = (await Promise.allSettled(old.map(finish))).find(({ status }) => status === 'rejected')
        if (failed) throw (failed as PromiseRejectedResult).reason
        return old.length
      })
    } finally {
      await this.#release(kept)
      deletes.close()
    }
  }

  async #take(most: number): Promise<Message[]> {
    const { sqs } = this.#session.tools.aws
    const sizes = Array.from({ length: Math.ceil(most / batchSize) }, (_, index) =>
      Math.min(batchSize, most - index * batchSize),
    )
    const receiving = sizes.map((size) =>
      this.#tried(() =>
        sqs.receiveMessage({
          QueueUrl: this.#url,
          MaxNumberOfMessages: size,
          WaitTimeSeconds: 1,
          VisibilityTimeout: hidden,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      ),
    )
    return (await Promise.all(receiving)).flatMap(({ Messages = [] }) => Messages)
  }

  /** Lets others see messages at once. One that this fails for comes back by itself. */
  async #release(messages: readonly Message[]): Promise<void> {
    const visibility = visibilityChanger(this.#session.tools.aws, this.#url)
    const handles = messages.map(({ ReceiptHandle: handle = '' }) => handle)
    await Promise.allSettled(handles.map((handle) => visibility.add({ handle, seconds: 0 })))
    visibility.close()
  }

  async #copyBack(message: Message, to: string | undefined): Promise<void> {
    const { publisher, tools } = this.#session
    const { body, sqsMessageId, groupId = 'redriven' } = received(message, true)
    const queue = originOf(message) ?? to
    if (queue === undefined) throw new TomodachiError('DEAD_LETTER_ORIGIN', { queue: this.#queue })
    const url = await this.#tried(() => tools.queues.urlOf(queue))
    const attributes = withoutDeadLetterHeaders(message.MessageAttributes ?? {})
    await publisher.send(url, {
      subject: queue,
      text: body,
      attributes: attributes as Record<string, AttributeValue>,
      delay: undefined,
      fifo: isFifo(url) ? { groupId, deduplicationId: sqsMessageId } : undefined,
    })
  }

  #tried<T>(calls: () => Promise<T>): Promise<T> {
    return tried(`the queue ${this.#queue}`, calls, this.#patience)
  }
}

/** The queue that a message came from, by its own word or, where a redrive policy has moved it, by that of SQS. */
function originOf({ MessageAttributes = {}, Attributes = {} }: Message): string | undefined {
  return MessageAttributes['x-dead-letter-queue']?.StringValue ?? Attributes.DeadLetterQueueSourceArn
}

function read(message: Message): DeadLetterMessage {
  const { sqsMessageId, attributes, payload, body, topic } = received(message, true)
  const told = deadLetterMessage(sqsMessageId, attributes, payload ?? body)
  const origin = originOf(message)
  const sent = Number(message.Attributes?.SentTimestamp)
  return {
    ...told,
    topic: told.topic ?? (topic === '' ? undefined : decodeTopic(topic)),
    queue: parseArn(origin ?? '')?.resource ?? origin,
    time: told.time ?? (Number.isNaN(sent) ? undefined : new Date(sent)),
  }
}
