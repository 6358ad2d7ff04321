import type { Adapter, AnyMiddleware, Source } from '../../kernel/index.ts'
import { cronPlan } from './cron.ts'
import { meaningOf } from './interval.ts'
import { type Overlap, type ResolvedOptions, resolveTickOptions, type TickOptions } from './options.ts'
import { intervalPlan, type Plan } from './plan.ts'
import { timestampPlan } from './timestamp.ts'
import { type Zone, zoneOf } from './zone.ts'

/** What a tick gives to a handler. */
export interface ScheduleGiven {
  /** The moment for which the tick was planned. It may be past by now; of ticks that were missed it is the first. */
  readonly firedAt: Date
  /** What the schedule was made of: `5`, `hourly`, a cron expression, `08:00`; of a `Date` its ISO 8601 text. */
  readonly interval: number | string
}

/** A source of ticks. */
export interface TickSource extends Source<ScheduleGiven, void> {
  readonly plan: Plan
  readonly interval: number | string
  readonly immediately: boolean
  readonly overlap: Overlap
}

/** Makes the sources of one adapter. */
export class TickSources {
  readonly #adapter: Adapter
  readonly #defaults: ResolvedOptions
  readonly #zones = new Map<string | undefined, Zone>()
  readonly #crons = new Map<string, Plan>()

  /** Throws `OPTION_INVALID` for a zone that there is not. */
  constructor(adapter: Adapter, defaults: ResolvedOptions) {
    this.#adapter = adapter
    this.#defaults = defaults
    this.#zone(defaults.timezone)
  }

  every(interval: number | string, options: TickOptions, use: readonly AnyMiddleware[]): TickSource {
    const meaning = meaningOf(interval)
    if ('cron' in meaning) return this.#cron(meaning.cron, interval, 'every(interval)', options, use)
    const plan = intervalPlan(Math.round(meaning.seconds * 1_000))
    return this.#source(`every ${meaning.seconds}s`, interval, () => plan, options, use)
  }

  cron(expression: string, options: TickOptions, use: readonly AnyMiddleware[]): TickSource {
    return this.#cron(expression, expression, 'cron(expression)', options, use)
  }

  at(timestamp: string | Date, options: TickOptions, use: readonly AnyMiddleware[]): TickSource {
    const plan = (zone: Zone) => timestampPlan(timestamp, zone)
    const valid = timestamp instanceof Date && Number.isFinite(timestamp.getTime())
    const text = valid ? timestamp.toISOString() : String(timestamp)
    return this.#source(`at ${text}`, text, plan, options, use)
  }

  #cron(
    expression: string,
    interval: number | string,
    option: string,
    options: TickOptions,
    use: readonly AnyMiddleware[],
  ): TickSource {
    const plan = (zone: Zone) => {
      const key = `${zone.name} ${expression}`
      const known = this.#crons.get(key) ?? cronPlan(expression, zone, option)
      this.#crons.set(key, known)
      return known
    }
    return this.#source(String(interval), interval, plan, options, use)
  }

  #source(
    address: string,
    interval: number | string,
    planIn: (zone: Zone) => Plan,
    options: TickOptions,
    use: readonly AnyMiddleware[],
  ): TickSource {
    const { timezone, immediately, overlap } = resolveTickOptions(options, this.#defaults)
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
    const zone = this.#zones.get(timezone) ?? zoneOf(timezone)
    this.#zones.set(timezone, zone)
    return zone
  }
}
