import { TomodachiError } from '../../kernel/index.ts'
import { declarationError } from './errors.ts'
import type { PublishFields, ServerError } from './rascal.ts'

/** A message on its way to the broker. */
export interface Outgoing {
  /** For errors: the topic, or the queue. */
  readonly subject: string
  readonly exchange: string
  readonly routingKey: string
  readonly content: Buffer
  readonly fields: PublishFields
}

/** One that somebody waits for. */
export interface Pending extends Outgoing {
  readonly deadline: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Channels that the broker has closed while the message was under way. */
  closures: number
  /** Whether the broker has it, and has not answered. */
  underWay: boolean
  settled: boolean
}

/** Channels that a message may take down before it is taken for the cause. */
const suspicious = 3

/** The error of a message that has made the broker close the channel; undefined when it was another one. */
export function blame(message: Pending, failure: ServerError, reason: string): TomodachiError | undefined {
  const named = /exchange '([^']*)'/.exec(reason)?.[1]
  if (named === message.exchange) return declarationError(failure.code, reason)
  if (message.closures < suspicious) return undefined
  return new TomodachiError('PUBLISH_REFUSED', { topic: message.subject, reason })
}

type Route = Pick<Outgoing, 'exchange' | 'routingKey' | 'fields'>

/** Messages that have come back because no queue took them. The broker returns a message before it confirms it. */
export class Returned {
  readonly #counts = new Map<string, number>()

  note(message: Route): void {
    const key = keyOf(message)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  /** Whether this message has come back. */
  take(message: Route): boolean {
    const key = keyOf(message)
    const count = this.#counts.get(key) ?? 0
    if (count > 1) this.#counts.set(key, count - 1)
    else this.#counts.delete(key)
    return count > 0
  }

  clear(): void {
    this.#counts.clear()
  }
}

/** Copies of one message may be under way to several queues. */
function keyOf({ exchange, routingKey, fields }: Route): string {
  return `${exchange}\n${routingKey}\n${fields.messageId}`
}
