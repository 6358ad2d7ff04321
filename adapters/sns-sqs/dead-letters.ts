import { deadLetterHeaders } from '../../kernel/adapter-kit.ts'
import type { Settlement } from '../../kernel/index.ts'
import { type AttributeValue, sizeOf, toAttributes } from './attributes.ts'
import { batchBytes } from './batcher.ts'
import { isMissing } from './errors.ts'
import { isFifo } from './names.ts'
import type { Publisher } from './publisher.ts'
import type { Handed } from './settle.ts'
import { type ConsumedQueue, ensureDeadLetter, type Tools } from './topology.ts'

/** Most attributes of a message in SQS. */
const mostAttributes = 10
const longestReason = 2_000
const longestStack = 8_000
/** What SQS refuses in texts: anything that XML 1.0 has no character for. */
const forbidden = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu
/** In the order in which they are given up, last first, where a message has no room. */
const reasons = ['reason', 'error', 'topic', 'attempts', 'queue', 'stack']

/** Sets the messages of one queue aside. */
export class DeadLetters {
  readonly #queue: ConsumedQueue
  readonly #publisher: Publisher
  readonly #tools: Tools

  constructor(queue: ConsumedQueue, publisher: Publisher, tools: Tools) {
    this.#queue = queue
    this.#publisher = publisher
    this.#tools = tools
  }

  /** Resolves when the dead-letter queue has a copy of the message, with why it is there in its attributes. */
  async send(handed: Handed, settlement: Settlement & { readonly state: 'deadLettered' }): Promise<void> {
    const url = await ensureDeadLetter(this.#queue.deadLetter, this.#tools)
    try {
      await this.#sendTo(url, handed, settlement)
    } catch (error) {
      if (!isMissing(error)) throw error
      // Somebody has deleted it meanwhile.
      await this.#tools.queues.forget(url)
      await this.#sendTo(await ensureDeadLetter(this.#queue.deadLetter, this.#tools), handed, settlement)
    }
  }

  async #sendTo(
    url: string,
    { received, topic, attempt }: Handed,
    settlement: Settlement & { readonly state: 'deadLettered' },
  ): Promise<void> {
    const { body, message, sqsMessageId, groupId = 'dead' } = received
    const origin = { topic, queue: this.#queue.name, attempts: attempt }
    const own = (message.MessageAttributes ?? {}) as Record<string, AttributeValue>
    const attributes = withReasons(Buffer.byteLength(body), own, deadLetterHeaders(settlement, origin))
    await this.#publisher.send(url, {
      subject: this.#queue.deadLetter,
      text: body,
      attributes,
      delay: undefined,
      fifo: isFifo(url) ? { groupId, deduplicationId: sqsMessageId } : undefined,
    })
  }
}

/** The attributes of a message, and of the reasons as many as fit. */
function withReasons(
  bodySize: number,
  own: Readonly<Record<string, AttributeValue>>,
  headers: Readonly<Record<string, unknown>>,
): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  // Reasons of an earlier time are not those of this one.
  for (const [name, value] of Object.entries(own))
    if (!name.startsWith('x-dead-letter-')) attributes[name] = value
  for (const reason of reasons) {
    const name = `x-dead-letter-${reason}`
    const text = textOf(headers[name], reason === 'stack' ? longestStack : longestReason)
    if (text === '' || Object.keys(attributes).length >= mostAttributes) continue
    const more = toAttributes({ [name]: text })
    if (bodySize + sizeOf(attributes) + sizeOf(more) <= batchBytes) Object.assign(attributes, more)
  }
  return attributes
}

function textOf(value: unknown, longest: number): string {
  const text = value === undefined ? '' : String(value).replace(forbidden, '\u{fffd}')
  return text.length > longest ? `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…` : text
}
