import { Fifo } from '../../kernel/adapter-kit.ts'
import type { Pending } from './pending.ts'

/**
 * What is being published, in the order in which it came: messages under way to the broker, then those that wait. Queues
 * and marks instead of sets, because the tables of a set that always changes keep what has left it alive for long.
 */
export class Outbox {
  /** Among them some that have arrived, until those before them have. */
  #sent = new Fifo<Pending>()
  #waiting = new Fifo<Pending>()
  #unsettled = 0
  #underWay = 0
  /** Messages under way for which nobody waits any more. */
  #overdue = 0

  /** Messages that the broker has not answered. */
  get underWay(): number {
    return this.#underWay
  }

  /** Messages that have not been sent. */
  get waiting(): number {
    return this.#unsettled - (this.#underWay - this.#overdue)
  }

  /** Messages that are not settled, oldest first. */
  *[Symbol.iterator](): Generator<Pending> {
    for (const queue of [this.#sent, this.#waiting]) {
      for (const message of queue) if (!message.settled) yield message
    }
  }

  add(message: Pending): void {
    this.#unsettled++
    this.#waiting.push(message)
  }

  /** The oldest message that waits. It is under way from now on. */
  take(): Pending | undefined {
    this.#dropSettled()
    const message = this.#waiting.shift()
    if (!message) return undefined
    message.underWay = true
    this.#underWay++
    this.#sent.push(message)
    return message
  }

  /** The broker has answered. */
  arrived(message: Pending): void {
    if (!message.underWay) return
    message.underWay = false
    this.#underWay--
    if (message.settled) this.#overdue--
    while (this.#sent.first?.underWay === false) this.#sent.shift()
    // Where the broker leaves one unanswered, those behind it are not to gather.
    if (this.#sent.length > 2 * this.#underWay + 1_024)
      this.#sent = queueOf([...this.#sent].filter(({ underWay }) => underWay))
  }

  /** Tells whoever waits for the message, if anybody still does. */
  settle(message: Pending, error?: unknown): void {
    if (message.settled) return
    message.settled = true
    this.#unsettled--
    if (message.underWay) this.#overdue++
    if (error === undefined) message.resolve()
    else message.reject(error)
  }

  /** Settles those whose time is up, with the error that is made for each. Returns the next deadline, if there is one. */
  expire(now: number, error: (message: Pending) => unknown): number | undefined {
    // They get their deadlines in the order in which they come.
    for (const message of this) {
      if (message.deadline > now) return message.deadline
      this.settle(message, error(message))
    }
    this.#dropSettled()
    return undefined
  }

  /** No answer comes any more: what was under way waits again, before all else. */
  requeue(): void {
    const again = [...this]
    for (const message of this.#sent) message.underWay = false
    this.#sent = new Fifo()
    this.#waiting = queueOf(again)
    this.#underWay = 0
    this.#overdue = 0
  }

  #dropSettled(): void {
    while (this.#waiting.first?.settled) this.#waiting.shift()
  }
}

function queueOf(messages: readonly Pending[]): Fifo<Pending> {
  const queue = new Fifo<Pending>()
  for (const message of messages) queue.push(message)
  return queue
}
