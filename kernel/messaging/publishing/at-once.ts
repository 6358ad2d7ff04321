import { isPromise, type MaybePromise } from '../../promise.ts'
import type { Link } from '../broker/broker.ts'
import type { Outgoing, Sending } from '../broker/sending.ts'

/** Sends to a broker that confirms at once. Resolves with what it was confirmed with; throws or rejects with its error. */
export function sendAtOnce<Message extends Outgoing>(
  link: Pick<Link<never, never, Message>, 'send'>,
  message: Message,
): MaybePromise<unknown> {
  const sending = new AtOnce(message)
  const sent = link.send(message.target, [sending])
  return isPromise(sent) ? sent.then(() => sending.result()) : sending.result()
}

/** A message whose outcome is known when the call returns. */
class AtOnce<Message extends Outgoing> implements Sending<Message> {
  readonly message: Message
  readonly attempts = 0
  #outcome: unknown
  #isOver = false
  #hasFailed = false

  constructor(message: Message) {
    this.message = message
  }

  confirm(result?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#outcome = result
  }

  fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#hasFailed = true
    this.#outcome = error
  }

  /** What it was confirmed with. Throws what it has failed with. */
  result(): unknown {
    if (this.#hasFailed) throw this.#outcome
    return this.#outcome
  }
}
