import { isA } from '../../../kernel/adapter-kit.ts'
import { type Connections, SlowAnswer } from './connections.ts'
import { declarationError, saidBy } from './errors.ts'
import type { Channel, ServerError } from './rascal.ts'

/**
 * Asks the broker one question at a time over a channel. The broker refuses by closing the channel, and that must not
 * fail any other question.
 */
export class Asker {
  readonly #connections: Connections
  #channel: Channel | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Questions that are not answered yet. */
  waiting = 0

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /** Rejects with the server's refusal. */
  ask<Result>(question: (channel: Channel) => Promise<Result>): Promise<Result> {
    this.waiting++
    const answered = this.#last.then(async () => {
      try {
        this.#channel ??= await this.#open()
        return await question(this.#channel)
      } catch (error) {
        if (isA(error, SlowAnswer)) this.#leave()
        throw declarationError((error as ServerError).code, saidBy(error)) ?? error
      } finally {
        this.waiting--
      }
    })
    this.#last = answered.catch(() => {})
    return answered
  }

  async #open(): Promise<Channel> {
    const channel = await this.#connections.channel()
    channel.on('close', () => {
      if (this.#channel === channel) this.#channel = undefined
    })
    return channel
  }

  /** Lets a channel close once it has been answered, and asks over another one from now on. */
  #leave(): void {
    this.#channel?.close(() => {})
    this.#channel = undefined
  }
}
