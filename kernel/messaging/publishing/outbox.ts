import { outside } from '../../async-context.ts'
import { Bag } from '../../bag.ts'
import { follow, isPromise } from '../../promise.ts'
import { reasonOf } from '../../thrown.ts'
import type { Outgoing, Sending } from '../broker/broker.ts'
import { backoffOf } from '../topics/delivery-rules.ts'
import { Deadlines } from './deadlines.ts'
import { type Answers, Entry } from './entry.ts'
import { Lane } from './lane.ts'
import type { OutboxRules } from './outbox-rules.ts'

const backoff = backoffOf({ first: 100, cap: 5_000 })

type Send<Message extends Outgoing> = (
  target: string,
  messages: readonly Sending<Message>[],
) => void | Promise<void>

/**
 * What is being sent: at most `window` messages are under way, `queue` more wait, and each is confirmed or has failed when its
 * patience ends. What was under way when a link was lost goes again over the next one, in order; what has failed for a
 * passing reason goes again after a wait.
 */
export class Outbox<Message extends Outgoing> implements Answers<Message> {
  readonly #rules: OutboxRules
  readonly #lanes = new Map<string, Lane<Message>>()
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
  #lingers: boolean

  constructor(rules: OutboxRules) {
    this.#rules = rules
    this.#lingers = (rules.limits.linger ?? 0) > 0
  }

  /** Messages that are not under way. */
  get waiting(): number {
    return this.#pending.size - (this.#underWay - this.#overdue)
  }

  /** Sends from now on. */
  attach(send: Send<Message>): void {
    this.#send = send
    this.#isBlocked = false
    this.#pump()
  }

  /** Nothing can be sent, and nothing under way will be answered: everything waits for the next link. */
  detach(): void {
    this.#send = undefined
    this.#requeue()
  }

  /** Whether the broker takes no messages for the time being. */
  block(isBlocked: boolean): void {
    this.#isBlocked = isBlocked
    this.#pump()
  }

  /** What is under way will not be answered, though the link is there. */
  unanswered(): void {
    for (const entry of this.#pending) if (entry.isUnderWay) entry.attempts++
    this.#requeue()
    this.#pump()
  }

  /** From now on no message waits for company. */
  stopLingering(): void {
    this.#lingers = false
    this.#pump()
  }

  /** Resolves with what the message was confirmed with, or rejects with its error. */
  send(subject: string, message: Message): Promise<unknown> {
    const { queue = Number.POSITIVE_INFINITY, patience, overflow } = this.#rules
    if (this.waiting >= queue && !this.#isOpen) return Promise.reject(overflow?.(subject, this.waiting))
    return new Promise((resolve, reject) => {
      const lane = this.#laneOf(message.target)
      const deadline = performance.now() + patience
      const sequence = this.#sequence++
      const entry = new Entry(this, { lane, sequence, subject, message, deadline, resolve, reject })
      this.#pending.add(entry)
      this.#deadlines.watch(patience)
      lane.push(entry)
      this.#pumpLane(lane)
    })
  }

  /** Gives up whatever has no outcome, with the error that is made for each. */
  close(error: (subject: string) => unknown): void {
    this.#send = undefined
    this.#deadlines.close()
    for (const lane of this.#lanes.values()) lane.close()
    this.#lanes.clear()
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

  #answered(entry: Entry<Message>): boolean {
    if (!entry.isUnderWay) return false
    entry.isUnderWay = false
    entry.lane.underWay--
    this.#underWay--
    if (entry.place < 0) this.#overdue--
    return true
  }

  #rest(entry: Entry<Message>, error: unknown): void {
    const { lane } = entry
    entry.attempts++
    entry.last = error
    lane.resting.push(entry)
    lane.rest ??= outside(() => setTimeout(() => this.#rested(lane), backoff(entry.attempts)))
  }

  #rested(lane: Lane<Message>): void {
    lane.rest = undefined
    lane.unshift(lane.resting.splice(0))
    this.#pumpLane(lane)
  }

  get #isOpen(): boolean {
    return this.#send !== undefined && !this.#isBlocked && this.#underWay < this.#rules.window
  }

  #laneOf(target: string): Lane<Message> {
    let lane = this.#lanes.get(target)
    if (!lane) {
      lane = new Lane(target, this.#rules.limits)
      this.#lanes.set(target, lane)
    }
    return lane
  }

  /** Sends what can be sent; of this lane last, so that one target cannot keep the window for itself. */
  #pump(last?: Lane<Message>): void {
    if (this.#lanes.size > 1 || !last) {
      for (const lane of this.#lanes.values()) {
        if (lane === last) continue
        if (lane.isIdle) this.#lanes.delete(lane.target)
        else this.#pumpLane(lane)
      }
    }
    if (last) this.#pumpLane(last)
  }

  #pumpLane(lane: Lane<Message>): void {
    const { limits, window } = this.#rules
    while (this.#isOpen && lane.isReady(this.#lingers)) {
      const batch = lane.next(window - this.#underWay)
      if (batch.length === 0) break
      this.#call(lane, batch)
    }
    if (lane.isEmpty) lane.isDue = false
    else if (this.#lingers && !lane.isDue && !lane.lingering)
      lane.lingering = outside(() => setTimeout(() => this.#lingered(lane), limits.linger))
  }

  #lingered(lane: Lane<Message>): void {
    lane.lingering = undefined
    lane.isDue = true
    this.#pumpLane(lane)
  }

  #call(lane: Lane<Message>, batch: readonly Entry<Message>[]): void {
    for (const entry of batch) entry.isUnderWay = true
    lane.underWay += batch.length
    this.#underWay += batch.length
    const generation = this.#generation
    const failed = (error: unknown) => {
      if (generation === this.#generation) for (const entry of batch) this.failed(entry, error)
    }
    try {
      const sending = this.#send?.(lane.target, batch)
      if (!isPromise(sending)) return
      const confirmed = () => {
        if (generation === this.#generation) for (const entry of batch) this.confirmed(entry, undefined)
      }
      void follow(sending, confirmed, failed)
    } catch (error) {
      failed(error)
    }
  }

  #requeue(): void {
    this.#generation++
    for (const lane of this.#lanes.values()) {
      const { resting } = lane
      lane.resting = []
      lane.underWay = 0
      clearTimeout(lane.rest)
      lane.rest = undefined
      lane.unshift(resting)
    }
    const again = [...this.#pending].filter(({ isUnderWay }) => isUnderWay)
    for (const entry of again) entry.isUnderWay = false
    for (const lane of new Set(again.map((entry) => entry.lane)))
      lane.unshift(again.filter((entry) => entry.lane === lane))
    this.#underWay = 0
    this.#overdue = 0
  }

  #giveUp(entry: Entry<Message>): void {
    this.#pending.delete(entry)
    if (entry.isUnderWay) this.#overdue++
    entry.reject(this.#rules.expired(entry.subject, this.#reasonFor(entry)))
  }

  #reasonFor({ last }: Entry<Message>): string {
    if (last !== undefined) return reasonOf(last)
    if (this.#isBlocked) return 'the broker has blocked publishing'
    return this.#send ? 'the broker did not answer' : 'there was no connection'
  }
}
