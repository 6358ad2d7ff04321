import { Envelope } from '../../envelopes/index.ts'
import { type Actor, type Deliver, Fifo, type Stopwatch } from '../../kernel/adapter-kit.ts'
import type { Bus, BusEvent, Clock, Settlement } from '../../kernel/index.ts'
import type { ScheduleGiven, TickSource } from './source.ts'

/** Ticks that may wait for the one before; a handler that hangs must not fill the memory. */
const longestQueue = 1_000
/** A handler that is always too slow is reported once in so many milliseconds. */
const reportEvery = 10_000

/** A tick that was skipped because the previous one was still running. */
export interface Skipped {
  readonly actor: Actor
  readonly firedAt: Date
}

/** Emitted on the bus for each skipped tick: `kernel.bus.on(skipped, …)`. */
export const skipped: BusEvent<Skipped> = 'schedule.skipped'

/** A tick that begins to run. */
export interface Ticked {
  readonly actor: Actor
  readonly firedAt: Date
  /** Milliseconds since the moment for which it was planned. */
  readonly lateness: number
}

/** Emitted on the bus for each tick that begins to run: `kernel.bus.on(ticked, …)`. */
export const ticked: BusEvent<Ticked> = 'schedule.ticked'

/** What the runs of all handlers of an adapter share. */
export interface RunsContext {
  readonly deliver: Deliver
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly bus: Bus
  tellSkipped(event: Skipped): void
}

/** The runs of one handler: turns ticks into deliveries, and keeps those apart that must not overlap. */
export class Runs {
  readonly #actor: Actor<TickSource>
  readonly #context: RunsContext
  readonly #waiting = new Fifo<number>()
  #running = 0
  /** Ticks skipped since they were last counted in the log. */
  #skipped = 0
  #reportedAt = Number.NEGATIVE_INFINITY
  /** Whether the log has a first tick, and not yet the count. */
  #reporting = false
  #emptying = false

  constructor(actor: Actor<TickSource>, context: RunsContext) {
    this.#actor = actor
    this.#context = context
  }

  /** Runs the handler now, later, or not at all, as its `overlap` says. */
  tick(moment: number): void {
    const { overlap } = this.#actor.source
    if (overlap === 'allow' || this.#running === 0) this.#run(moment)
    else if (overlap === 'queue' && this.#waiting.length < longestQueue) this.#waiting.push(moment)
    else this.#skip(moment)
  }

  /** Forgets the ticks that wait. Returns how many there were. */
  forget(): number {
    this.#reportCount()
    const { length } = this.#waiting
    while (this.#waiting.length > 0) this.#waiting.shift()
    return length
  }

  #run(moment: number): void {
    this.#running++
    const { bus, clock, deliver } = this.#context
    const given: ScheduleGiven = { firedAt: new Date(moment), interval: this.#actor.source.interval }
    if (bus.watched(ticked)) {
      const lateness = Math.max(0, clock.now() - moment)
      bus.emit(ticked, { actor: this.#actor, firedAt: given.firedAt, lateness })
    }
    deliver(new Envelope(this.#actor.address, given), (settlement) => this.#ended(settlement, moment))
  }

  #ended(settlement: Settlement, moment: number): void {
    this.#running--
    if (settlement.state !== 'acked') this.#report(settlement, new Date(moment).toISOString())
    if (this.#reporting) this.#reportCount()
    if (this.#running === 0) this.#goOn()
  }

  /** A loop, as handlers that end at once would call each other ever deeper. */
  #goOn(): void {
    if (this.#emptying) return
    this.#emptying = true
    while (this.#running === 0 && this.#waiting.length > 0) this.#run(this.#waiting.shift() as number)
    this.#emptying = false
  }

  #skip(moment: number): void {
    const firedAt = new Date(moment)
    this.#skipped++
    const elapsed = this.#context.stopwatch.read()
    if (!this.#reporting && elapsed - this.#reportedAt >= reportEvery) {
      this.#reporting = true
      this.#reportedAt = elapsed
      this.#actor.log.warn('a tick was skipped because the previous one is still running', {
        firedAt: firedAt.toISOString(),
      })
    }
    this.#context.tellSkipped({ actor: this.#actor, firedAt })
  }

  /** A single tick has been reported already. */
  #reportCount(): void {
    if (this.#skipped > 1)
      this.#actor.log.warn('ticks were skipped while the handler ran', { skipped: this.#skipped })
    this.#skipped = 0
    this.#reporting = false
  }

  #report(settlement: Exclude<Settlement, { readonly state: 'acked' }>, firedAt: string): void {
    const { log } = this.#actor
    if (settlement.state === 'released')
      log.warn('the run was cut off', { firedAt, reason: settlement.reason })
    else log.error('handler failed', { firedAt, error: settlement.error })
  }
}
