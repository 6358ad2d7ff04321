import { randomUUID } from 'node:crypto'
import { textOf } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { failureHeader } from './message.ts'
import type { Outgoing } from './pending.ts'
import type { Publisher } from './publisher.ts'
import type { Message } from './rascal.ts'

/** The broker's own way back to a channel, without a queue. */
export const replyQueue = 'amq.rabbitmq.reply-to'

interface Waiting {
  readonly topic: string
  readonly resolve: (reply: Message) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout
  /** Whether the broker has it, so that it is not sent again after a cut. */
  isConfirmed: boolean
}

/** Requests whose replies have not come. */
export class Requests {
  readonly #waiting = new Map<string, Waiting>()

  /**
   * Publishes a request, and resolves with its reply. Rejects with `REQUEST_TIMEOUT`, with `REQUEST_FAILED` when the
   * other side says so or the way back is lost, and as `publish` does.
   */
  send(publisher: Publisher, message: Outgoing, timeout: number): Promise<Message> {
    const id = randomUUID()
    const { subject: topic } = message
    return new Promise((resolve, reject) => {
      const late = () =>
        this.#fail(id, new TomodachiError('REQUEST_TIMEOUT', { topic, milliseconds: timeout }))
      const timer = setTimeout(late, timeout)
      const waiting: Waiting = { topic, resolve, reject, timer, isConfirmed: false }
      this.#waiting.set(id, waiting)
      const fields = { ...message.fields, correlationId: id, replyTo: replyQueue }
      publisher.publish({ ...message, fields }).then(
        () => {
          waiting.isConfirmed = true
        },
        (error: unknown) => this.#fail(id, error),
      )
    })
  }

  /** A reply has come. One that nobody waits for any more is gone. */
  take(reply: Message): void {
    const { correlationId = '', headers = {} } = reply.properties
    const waiting = this.#end(correlationId)
    if (!waiting) return
    const failure = headers[failureHeader]
    if (failure === undefined) waiting.resolve(reply)
    else
      waiting.reject(new TomodachiError('REQUEST_FAILED', { topic: waiting.topic, reason: textOf(failure) }))
  }

  /** The channel is gone, and with it the way back. */
  lost(): void {
    for (const [id, { isConfirmed }] of this.#waiting)
      if (isConfirmed) this.#abandon(id, 'the connection was lost')
  }

  /** Nobody will wait for replies any more. */
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
