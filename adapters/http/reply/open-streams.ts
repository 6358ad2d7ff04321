import type { Readable } from 'node:stream'
import { EventStream } from './events.ts'

/** The replies that last as long as their client: a drain would wait for them until its deadline. */
export class OpenStreams {
  readonly #open = new Set<EventStream>()
  #draining = false

  /** Knows a body that is being sent, if it is of that kind. */
  add(body: Readable): void {
    if (!(body instanceof EventStream)) return
    if (this.#draining) return body.finish()
    this.#open.add(body)
    body.once('close', () => this.#open.delete(body))
  }

  /** Ends them, and from now on each one at once. */
  drain(): void {
    this.#draining = true
    for (const stream of this.#open) stream.finish()
  }
}
