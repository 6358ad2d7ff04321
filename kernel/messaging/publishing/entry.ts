import type { Placed } from '../../bag.ts'
import type { Outgoing, Sending } from '../broker/sending.ts'
import type { Lane } from './lane.ts'

/** Told what became of an entry. */
export interface Answers<Message extends Outgoing> {
  confirmed(entry: Entry<Message>, result: unknown): void
  failed(entry: Entry<Message>, error: unknown): void
}

/** A message that somebody waits for, for one try of sending it: what is answered late belongs to that try. */
export class Entry<Message extends Outgoing> implements Sending<Message>, Placed {
  readonly lane: Lane<Message>
  /** Grows with each message of an outbox. */
  readonly sequence: number
  readonly subject: string
  readonly message: Message
  /** On the clock of `performance.now()`. */
  readonly deadline: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly #answers: Answers<Message>
  place = -1
  attempts = 0
  /** Whether it goes in a call of its own, because one with others was refused. */
  isAlone = false
  /** The generation of the call that the broker has it by, and has not answered; -1 while there is none. */
  call = -1
  /** What it has failed with last. */
  last: unknown

  constructor(
    answers: Answers<Message>,
    given: Pick<
      Entry<Message>,
      'lane' | 'sequence' | 'subject' | 'message' | 'deadline' | 'resolve' | 'reject'
    >,
  ) {
    this.#answers = answers
    this.lane = given.lane
    this.sequence = given.sequence
    this.subject = given.subject
    this.message = given.message
    this.deadline = given.deadline
    this.resolve = given.resolve
    this.reject = given.reject
  }

  get isUnderWay(): boolean {
    return this.call >= 0
  }

  get bytes(): number {
    return this.message.bytes ?? 0
  }

  /** The same for another try. */
  again(attempts: number, last: unknown): Entry<Message> {
    const entry = new Entry(this.#answers, this)
    entry.attempts = attempts
    entry.isAlone = this.isAlone
    entry.last = last
    return entry
  }

  confirm(result?: unknown): void {
    this.#answers.confirmed(this, result)
  }

  fail(error: unknown): void {
    this.#answers.failed(this, error)
  }
}
