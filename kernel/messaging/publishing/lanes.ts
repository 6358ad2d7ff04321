import { outside } from '../../async-context.ts'
import type { Outgoing, SendLimits } from '../broker/sending.ts'
import { Lane } from './lane.ts'

/** The lanes of an outbox, as long as there is anything in them, and whose turn it is. */
export class Lanes<Message extends Outgoing> {
  readonly #limits: SendLimits
  readonly #isDue: (lane: Lane<Message>) => void
  readonly #all = new Map<string, Lane<Message>>()
  /** Those that have something to send, and wait for their turn. */
  readonly #turns = new Set<Lane<Message>>()
  #lingers: boolean

  /** `isDue` is told of a lane whose messages have waited long enough for company. */
  constructor(limits: SendLimits, isDue: (lane: Lane<Message>) => void) {
    this.#limits = limits
    this.#isDue = isDue
    this.#lingers = (limits.linger ?? 0) > 0
  }

  [Symbol.iterator](): Iterator<Lane<Message>> {
    return this.#all.values()
  }

  /** By turns; one that is given its turn meanwhile comes last. */
  get turns(): Iterable<Lane<Message>> {
    return this.#turns
  }

  of(target: string): Lane<Message> {
    let lane = this.#all.get(target)
    if (!lane) {
      lane = new Lane(target, this.#limits)
      this.#all.set(target, lane)
    }
    return lane
  }

  /** Gives a lane its turn where it has something to send, or has it wait for company. */
  queue(lane: Lane<Message>): void {
    if (lane.isReady(this.#lingers)) this.#turns.add(lane)
    else if (lane.isIdle) this.#forget(lane)
    else if (lane.isEmpty) lane.settle()
    else if (this.#lingers && !lane.isDue)
      lane.lingering ??= outside(() => setTimeout(() => this.#lingered(lane), this.#limits.linger))
  }

  /** It has its turn now. */
  begin(lane: Lane<Message>): void {
    this.#turns.delete(lane)
  }

  /** From now on no message waits for company. */
  stopLingering(): void {
    this.#lingers = false
  }

  close(): void {
    for (const lane of this.#all.values()) lane.close()
    this.#all.clear()
    this.#turns.clear()
  }

  #forget(lane: Lane<Message>): void {
    lane.settle()
    this.#turns.delete(lane)
    this.#all.delete(lane.target)
  }

  #lingered(lane: Lane<Message>): void {
    lane.lingering = undefined
    lane.isDue = true
    this.#isDue(lane)
  }
}
