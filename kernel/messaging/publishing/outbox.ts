import { Bag } from '../../bag.ts'
import { follow, isPromise } from '../../promise.ts'
import { reasonOf } from '../../thrown.ts'
import type { Outgoing, Sending } from '../broker/sending.ts'
import { backoffOf } from '../topics/delivery-rules.ts'
import { Deadlines } from './deadlines.ts'
import { type Answers, Entry } from './entry.ts'
import type { Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import type { OutboxRules } from './outbox-rules.ts'

const backoff = backoffOf({ first: 100, cap: 5_000 })

type Send<Message extends Outgoing> = (
  target: string,
  messages: readonly Sending<Message>[],
) => void | Promise<void>

/**
 * What is being sent: at most `window` messages are under way, with those that fill the last call up, `queue` more wait, and
 * each is confirmed or has failed when its patience ends. What was under way when a link was lost goes again over the next
 * one, in order; what has failed for a passing reason goes again after a wait.
 */
export class Outbox<Message extends Outgoing> implements Answers<Message> {
  readonly #rules: OutboxRules
  readonly #lanes: Lanes<Message>
  /** Messages without an outcome. */
  readonly #pending = new Bag<Entry<Message>>()
  /** Those that the link has: some of them nobody waits for any more. */
  #underWay = 0
  #overdue = 0
  #sequence = 0
  /** Grows when what is under way is given up: later answers are those of a call that counts no more. */
  #generation = 0
  readonly #deadlines = new Deadlines(this.#pending, (entry) => this.#giveUp(entry))
  #send: Send<Message> | undefined
  #isBlocked = false
  #isPumping = false

  constructor(rules: OutboxRules) {
    this.#rules = rules
    this.#lanes = new Lanes(rules.limits, (lane) => this.#pump(lane))
  }

  /** Messages that are not under way. */
  get waiting(): number {
    return this.#pending.size - (this.#underWay - this.#overdue)
  }

  /** Sends from now on. */
  attach(send: Send<Message>): void {
    this.#send = send
    this.#pumpAll()
  }

  /** Nothing can be sent, and nothing under way will be answered: everything waits for the next link. */
  detach(): void {
    this.#send = undefined
    this.#isBlocked = false
    this.#requeue(0)
  }

  /** Whether the broker has blocked publishing. */
  block(isBlocked: boolean): void {
    this.#isBlocked = isBlocked
    this.#pumpAll()
  }

  /** What is under way will not be answered, though the link is there. */
  unanswered(): void {
    this.#requeue(1)
    this.#pumpAll()
  }

  /** From now on no message waits for company. */
  stopLingering(): void {
    this.#lanes.stopLingering()
    this.#pumpAll()
  }

  /** Resolves with what the message was confirmed with, or rejects with its error. */
  send(subject: string, message: Message): Promise<unknown> {
    const { queue = Number.POSITIVE_INFINITY, patience, overflow } = this.#rules
    const lane = this.#lanes.of(message.target)
    if (this.waiting >= queue && (!this.#isOpen || lane.isHeldUp)) {
      this.#lanes.queue(lane)
      return Promise.reject(overflow?.(subject, this.waiting))
    }
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + patience
      const sequence = this.#sequence++
      const entry = new Entry(this, { lane, sequence, subject, message, deadline, resolve, reject })
      this.#pending.add(entry)
      this.#deadlines.watch(patience)
      lane.push(entry)
      this.#pump(lane)
    })
  }

  /** Gives up whatever has no outcome, with the error that is made for each. */
  close(error: (subject: string) => unknown): void {
    this.#send = undefined
    this.#deadlines.close()
    this.#lanes.close()
    for (const entry of this.#pending) {
      this.#pending.delete(entry)
      entry.reject(error(entry.subject))
    }
  }

  /** For entries alone. */
  confirmed(entry: Entry<Message>, result: unknown): void {
    if (!this.#answered(entry)) return
    if (this.#pending.delete(entry)) entry.resolve(result)
    this.#pump(entry.lane)
  }

  /** For entries alone. */
  failed(entry: Entry<Message>, error: unknown): void {
    if (!this.#answered(entry)) return
    if (entry.place >= 0) {
      if (this.#rules.isPassing(error)) this.#rest(entry, error)
      else {
        this.#pending.delete(entry)
        entry.reject(error)
      }
    }
    this.#pump(entry.lane)
  }

  #isAwaited(entry: Entry<Message>): boolean {
    return entry.isUnderWay && entry.call === this.#generation
  }

  #answered(entry: Entry<Message>): boolean {
    if (!this.#isAwaited(entry)) return false
    entry.call = -1
    entry.lane.underWay--
    this.#underWay--
    if (entry.place < 0) this.#overdue--
    return true
  }

  #rest(entry: Entry<Message>, error: unknown): void {
    const { lane } = entry
    const again = this.#again(entry, entry.attempts + 1, error)
    lane.rest(again, backoff(again.attempts), () => this.#pump(lane))
  }

  /** Puts an entry for the next try in the place of this one. */
  #again(entry: Entry<Message>, attempts: number, last: unknown): Entry<Message> {
    const again = entry.again(attempts, last)
    this.#pending.delete(entry)
    this.#pending.add(again)
    return again
  }

  get #isOpen(): boolean {
    return this.#send !== undefined && !this.#isBlocked && this.#underWay < this.#rules.window
  }

  #pumpAll(): void {
    for (const lane of this.#lanes) this.#lanes.queue(lane)
    this.#pump()
  }

  /** Sends what can be sent, by turns: no target can keep the window for itself. A loop, as a link may confirm at once. */
  #pump(changed?: Lane<Message>): void {
    if (changed) this.#lanes.queue(changed)
    if (this.#isPumping) return
    this.#isPumping = true
    const { limits, window } = this.#rules
    // Where the window opens message by message, calls of what is left of it would become as small.
    const whole = limits.entries <= window ? limits.entries : 0
    for (const lane of this.#lanes.turns) {
      if (!this.#isOpen) break
      this.#lanes.begin(lane)
      const batch = lane.next(Math.max(whole, window - this.#underWay))
      if (batch.length > 0) this.#call(lane, batch)
      this.#lanes.queue(lane)
    }
    this.#isPumping = false
  }

  #call(lane: Lane<Message>, batch: readonly Entry<Message>[]): void {
    for (const entry of batch) entry.call = this.#generation
    lane.underWay += batch.length
    this.#underWay += batch.length
    const failed = (error: unknown) => {
      const refused = batch.filter((entry) => this.#isAwaited(entry))
      if (refused.length > 1 && !this.#rules.isPassing(error)) this.#separate(lane, refused, error)
      else for (const entry of refused) this.failed(entry, error)
    }
    try {
      const sending = this.#send?.(lane.target, batch)
      if (!isPromise(sending)) return
      const confirmed = () => {
        for (const entry of batch) this.confirmed(entry, undefined)
      }
      void follow(sending, confirmed, failed)
    } catch (error) {
      failed(error)
    }
  }

  /** One of them may have been refused for all: each goes again in a call of its own. */
  #separate(lane: Lane<Message>, refused: readonly Entry<Message>[], error: unknown): void {
    for (const entry of refused) {
      this.#answered(entry)
      if (entry.place < 0) continue
      const again = this.#again(entry, entry.attempts, error)
      again.isAlone = true
      lane.again([again])
    }
    this.#pump(lane)
  }

  /** What is under way goes again, with so many tries more on its account. */
  #requeue(tries: number): void {
    this.#generation++
    this.#underWay = 0
    this.#overdue = 0
    for (const entry of [...this.#pending])
      if (entry.isUnderWay) entry.lane.again([this.#again(entry, entry.attempts + tries, entry.last)])
    for (const lane of this.#lanes) {
      lane.wake()
      lane.underWay = 0
      this.#lanes.queue(lane)
    }
  }

  #giveUp(entry: Entry<Message>): void {
    const { lane } = entry
    this.#pending.delete(entry)
    if (entry.isUnderWay) this.#overdue++
    else lane.trim()
    this.#lanes.queue(lane)
    entry.reject(this.#rules.expired(entry.subject, this.#reasonFor(entry)))
  }

  #reasonFor({ last }: Entry<Message>): string {
    if (last !== undefined) return reasonOf(last)
    if (!this.#send) return 'there was no connection'
    return this.#isBlocked ? 'the broker has blocked publishing' : 'the broker did not answer'
  }
}
