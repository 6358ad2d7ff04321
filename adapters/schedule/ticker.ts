import { Stopwatch } from '../../kernel/adapter-kit.ts'
import { type Clock, getLogger } from '../../kernel/index.ts'
import { Agenda } from './agenda.ts'
import { Appointment, type Job } from './appointment.ts'

/**
 * The longest sleep in milliseconds. Timers stand still while a machine is suspended, and do not see its clock being
 * set: a look at the clock now and then finds what has fallen due meanwhile. It keeps waits within what a timer holds, too.
 */
const longestSleep = 60_000
/** A clock that differs by this many milliseconds from the time that has passed has been set. */
const clockTolerance = 1_000
/** One warning of missed ticks in so many milliseconds: a process that is always late must not fill its log. */
const reportEvery = 10_000

const log = getLogger('tomodachi.schedule')

/** What both clocks say. */
interface Time {
  /** Milliseconds since the start, however the clock was set. */
  readonly elapsed: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Calls jobs at their times, all with one timer: intervals by the time that passes, the calendar by the clock. */
export class Ticker {
  readonly #clock: Clock
  readonly #intervals = new Agenda<Appointment>()
  readonly #calendar = new Agenda<Appointment>()
  #stopwatch: Stopwatch
  /** What the clock showed at the start, reckoned back from what it shows now. */
  #origin = 0
  #timer: unknown
  #runs = false
  #sleepsSince = 0
  #missed = 0
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#stopwatch = new Stopwatch(clock)
  }

  /** Plans count from now on. */
  start(jobs: readonly Job[]): void {
    this.#runs = true
    this.#origin = this.#clock.now()
    this.#stopwatch = new Stopwatch(this.#clock)
    for (const job of jobs) this.#plan(job)
    this.#work({ elapsed: 0, now: this.#origin })
  }

  /** Nothing is called any more. */
  stop(): void {
    this.#runs = false
    this.#stopwatch.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #plan(job: Job): void {
    const appointment = new Appointment(job)
    const [agenda, start] = job.plan.by === 'elapsed' ? [this.#intervals, 0] : [this.#calendar, this.#origin]
    if (job.immediately) appointment.due = start
    else appointment.planAfter(start)
    if (!Number.isFinite(appointment.due))
      log.warn('the time of this schedule has passed', { schedule: job.name })
    agenda.add(appointment)
  }

  #sleep(): void {
    if (!this.#runs) return
    this.#sleepsSince = this.#stopwatch.read()
    // Also with nothing to wait for, as the process would end otherwise.
    const untilInterval = (this.#intervals.first?.due ?? Number.POSITIVE_INFINITY) - this.#sleepsSince
    const untilDate = (this.#calendar.first?.due ?? Number.POSITIVE_INFINITY) - this.#clock.now()
    const wait = Math.min(Math.max(Math.ceil(Math.min(untilInterval, untilDate)), 0), longestSleep)
    this.#timer = this.#stopwatch.setTimeout(() => this.#wake(), wait)
  }

  #wake(): void {
    const time = { elapsed: this.#stopwatch.read(), now: this.#clock.now() }
    const jump = Math.round(time.now - (this.#origin + time.elapsed))
    if (Math.abs(jump) > clockTolerance) this.#clockWasSet(jump, time)
    this.#work(time)
  }

  /** What a clock that was set forward has skipped is late, and found as such. */
  #clockWasSet(jump: number, { elapsed, now }: Time): void {
    this.#origin += jump
    if (jump > 0) return
    log.warn('the clock was put back', { milliseconds: -jump })
    // As it may have been set at any moment of the sleep, what was due in it by the new time is late as well.
    const since = now - (elapsed - this.#sleepsSince)
    this.#calendar.reschedule((appointment) => appointment.clockWasSetBack(-jump, since))
  }

  /** Calls what is due. That moment stays for all of it: slow handlers must not keep it going for ever. */
  #work(time: Time): void {
    this.#call(this.#intervals, time.elapsed, this.#origin, time)
    this.#call(this.#calendar, time.now, 0, time)
    this.#sleep()
  }

  /** `zero` is the moment from which an agenda counts, in milliseconds since the epoch. */
  #call(agenda: Agenda<Appointment>, now: number, zero: number, { elapsed }: Time): void {
    for (let first = agenda.first; this.#runs && first && first.due <= now; first = agenda.first) {
      const moment = zero + first.due
      if (first.goOn(now)) this.#reportMissed(first.job, moment, elapsed)
      agenda.settleFirst()
      first.job.tick(moment)
    }
  }

  #reportMissed({ name: schedule }: Job, moment: number, elapsed: number): void {
    this.#missed++
    if (elapsed - this.#reportedAt < reportEvery) return
    const times = this.#missed > 1 ? { times: this.#missed } : {}
    const missedSince = new Date(moment).toISOString()
    log.warn('ticks were missed, one makes up for them', { schedule, missedSince, ...times })
    this.#reportedAt = elapsed
    this.#missed = 0
  }
}
