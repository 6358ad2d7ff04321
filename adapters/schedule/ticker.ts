import { type Clock, getLogger } from '../../kernel/index.ts'
import { Agenda } from './agenda.ts'
import type { Plan } from './plan.ts'

/**
 * The longest sleep in milliseconds. Timers stand still while a machine is suspended, and do not see its clock being
 * set: a look at the clock now and then finds what has fallen due meanwhile. It keeps waits within what a timer holds, too.
 */
const longestSleep = 60_000
/** A clock that shows this many milliseconds less than it must has been put back. */
const clockTolerance = 1_000

const log = getLogger('tomodachi.schedule')

/** What is to happen by a plan. */
export interface Job {
  readonly plan: Plan
  readonly immediately: boolean
  /** Names it in logs. */
  readonly name: string
  /** Called at a planned moment, with that moment. */
  tick(moment: number): void
}

interface Appointment {
  readonly job: Job
  startedAt: number
  due: number
}

/** Calls jobs at their times, all with one timer. */
export class Ticker {
  readonly #clock: Clock
  readonly #agenda = new Agenda<Appointment>()
  #timer: unknown
  #runs = false
  #wakesAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Plans count from now on. */
  start(jobs: readonly Job[]): void {
    const startedAt = this.#clock.now()
    this.#runs = true
    for (const job of jobs) {
      const due = job.immediately ? startedAt : job.plan.next(startedAt, startedAt)
      if (due === undefined) log.warn('the time of this schedule has passed', { schedule: job.name })
      else this.#agenda.add({ job, startedAt, due })
    }
    this.#work(startedAt)
  }

  /** Nothing is called any more. */
  stop(): void {
    this.#runs = false
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #sleep(): void {
    if (!this.#runs) return
    const now = this.#clock.now()
    // Also with nothing to wait for, as the process would end otherwise.
    const due = this.#agenda.first?.due ?? Number.POSITIVE_INFINITY
    const wait = Math.min(Math.max(due - now, 0), longestSleep)
    this.#wakesAt = now + wait
    this.#timer = this.#clock.setTimeout(() => this.#wake(), wait)
  }

  #wake(): void {
    const now = this.#clock.now()
    if (now < this.#wakesAt - clockTolerance) this.#clockWasPutBack(this.#wakesAt - now)
    this.#work(now)
  }

  /** Calls what is due by `now`. That moment stays for all of it: slow handlers must not keep it going for ever. */
  #work(now: number): void {
    for (let first = this.#agenda.first; this.#runs && first && first.due <= now; first = this.#agenda.first)
      this.#keep(first, now)
    this.#sleep()
  }

  #keep(appointment: Appointment, now: number): void {
    const { job, startedAt, due: moment } = appointment
    let next = job.plan.next(moment, startedAt)
    if (next !== undefined && next <= now) {
      log.warn('ticks were missed, one makes up for them', {
        schedule: job.name,
        missedSince: new Date(moment).toISOString(),
      })
      next = job.plan.next(now, startedAt)
    }
    if (next === undefined) this.#agenda.removeFirst()
    else {
      appointment.due = next
      this.#agenda.settleFirst()
    }
    job.tick(moment)
  }

  /** Intervals go on as if nothing had happened. The calendar waits until its time has come again. */
  #clockWasPutBack(milliseconds: number): void {
    log.warn('the clock was put back', { milliseconds })
    this.#agenda.reschedule((appointment) => {
      if (!appointment.job.plan.elapsed) return
      appointment.startedAt -= milliseconds
      appointment.due -= milliseconds
    })
  }
}
