import type { Adapter, AnyMiddleware, Source } from '../../kernel/index.ts'
import { cronPlan } from './cron.ts'
import { meaningOf } from './interval.ts'
import { type Overlap, type ResolvedTickOptions, resolveTickOptions, type TickOptions } from './options.ts'
import { intervalPlan, type Plan } from './plan.ts'
import { timestampPlan } from './timestamp.ts'
import { type Zone, zoneOf } from './zone.ts'

/** What a tick gives to a handler. */
export interface ScheduleGiven {
  /**
   * The moment for which the tick was planned. It may already be past. If several ticks were missed, it is the moment
   * of the first.
   */
  readonly firedAt: Date
  /**
   * The text that the schedule was made from: `5s`, `hourly`, a cron expression, `08:00`; for a `Date`, its ISO 8601
   * text.
   */
  readonly interval: string
}

/** A source of ticks. */
export interface TickSource extends Source<ScheduleGiven, void> {
  readonly plan: Plan
  readonly interval: string
  readonly immediately: boolean
  readonly overlap: Overlap
}

/** How a source is asked for: by which method, with which options, and the middleware of the adapter. */
export interface Asked {
  readonly method: string
  readonly options: TickOptions
  readonly use: readonly AnyMiddleware[]
}

/** Makes the sources of one adapter. */
export class TickSources {
  readonly #adapter: Adapter
  readonly #defaults: ResolvedTickOptions
  readonly #zones = new Map<string | undefined, Zone>()
  readonly #crons = new Map<string, Plan>()

  constructor(adapter: Adapter, defaults: ResolvedTickOptions) {
    this.#adapter = adapter
    const { timezone, immediately, overlap } = defaults
    this.#defaults = { timezone, immediately, overlap }
  }

  every(interval: string, asked: Asked): TickSource {
    const meaning = meaningOf(interval)
    if ('cron' in meaning) return this.#cron(meaning.cron, interval, 'every(interval)', asked)
    const plan = intervalPlan(Math.round(meaning.seconds * 1_000))
    return this.#source(`every ${meaning.seconds}s`, interval, () => plan, asked)
  }

  cron(expression: string, asked: Asked): TickSource {
    return this.#cron(expression, expression, 'cron(expression)', asked)
  }

  at(timestamp: string | Date, asked: Asked): TickSource {
    const plan = (zone: Zone) => timestampPlan(timestamp, zone)
    const valid = timestamp instanceof Date && Number.isFinite(timestamp.getTime())
    const text = valid ? timestamp.toISOString() : String(timestamp)
    return this.#source(`at ${text}`, text, plan, asked)
  }

  #cron(expression: string, interval: string, option: string, asked: Asked): TickSource {
    const plan = (zone: Zone) => {
      const key = `${zone.name} ${expression}`
      const known = this.#crons.get(key) ?? cronPlan(expression, zone, option)
      this.#crons.set(key, known)
      return known
    }
    return this.#source(interval, interval, plan, asked)
  }

  #source(
    address: string,
    interval: string,
    planIn: (zone: Zone) => Plan,
    { method, options, use }: Asked,
  ): TickSource {
    const { timezone, immediately, overlap } = resolveTickOptions(method, options, this.#defaults)
    return {
      adapter: this.#adapter,
      transport: 'schedule',
      address: timezone === undefined ? address : `${address} ${timezone}`,
      use,
      plan: planIn(this.#zone(timezone)),
      interval,
      immediately,
      overlap,
    }
  }

  #zone(timezone: string | undefined): Zone {
    const zone = this.#zones.get(timezone) ?? (timezone === undefined ? zoneOf(timezone) : zoneOf(timezone))
    this.#zones.set(timezone, zone as Zone)
    return zone as Zone
  }
}
