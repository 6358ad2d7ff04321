import {
  type Actor,
  type AddedByEnd,
  type AddedByUse,
  type Ending,
  type EndingIn,
  type Fits,
  middlewareList,
  type Plain,
  Stopwatch,
  type Usable,
  type UsableList,
} from '../../kernel/adapter-kit.ts'
import {
  type Adapter,
  type AnyMiddleware,
  getLogger,
  type HandlerContext,
  type Source,
} from '../../kernel/index.ts'
import {
  type ResolvedOptions,
  resolveScheduleOptions,
  type ScheduleOptions,
  type TickOptions,
} from './options.ts'
import { Runs, type Skipped, skipped } from './runs.ts'
import { type ScheduleGiven, type TickSource, TickSources } from './source.ts'
import { Ticker } from './ticker.ts'

export type { Overlap, ScheduleOptions, TickOptions } from './options.ts'
export { type Skipped, skipped, type Ticked, ticked } from './runs.ts'
export type { ScheduleGiven } from './source.ts'

/** A source of ticks; `Added` is what the adapter's middleware adds. */
export type ScheduleSource<Added = object> = Source<Plain<ScheduleGiven & Added>, void>

/** Timers. `Added` is what its middleware adds to the context of its handlers. Each method throws `OPTION_INVALID`. */
export interface Schedule<Added = object> extends Adapter {
  /**
   * Ticks at an interval: a duration, counted from the start of the service (`'5s'`, `'1h 30m'`), a named interval
   * (`'hourly'`, `'every day'`, `'mondays'`, `'weekday'`), or a cron expression. A number is refused: write `'5s'`.
   */
  every(interval: string, options?: TickOptions): ScheduleSource<Added>
  /** Ticks at the times of a cron expression: five fields, or six with seconds first, or a preset such as `@daily`. */
  cron(expression: string, options?: TickOptions): ScheduleSource<Added>
  /** Ticks daily at a time (`08:00`, `08:00:30`), or once at a date with a time (`2027-01-31 08:00`, a `Date`). */
  at(timestamp: string | Date, options?: TickOptions): ScheduleSource<Added>
  /** Ticks every second, counted from the start of the service. */
  heartbeat(options?: TickOptions): ScheduleSource<Added>
  /** Ticks when a minute begins. */
  minutely(options?: TickOptions): ScheduleSource<Added>
  /** Ticks when an hour begins. */
  hourly(options?: TickOptions): ScheduleSource<Added>
  /** Ticks at midnight. */
  daily(options?: TickOptions): ScheduleSource<Added>
  /** Ticks when a month begins. */
  monthly(options?: TickOptions): ScheduleSource<Added>
  /** The same timers, with middleware for every handler of its sources. */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware:
      | EndingIn<HandlerContext & ScheduleGiven & Added, End>
      | (List & Fits<HandlerContext & ScheduleGiven & Added, List>),
  ): Schedule<Added & AddedByEnd<End> & AddedByUse<List>>
  /** How many ticks were skipped since the start because the previous one was still running. */
  readonly skipped: number
}

/** The adapter itself, and what it counts. */
interface Timers {
  readonly adapter: Adapter
  readonly sources: TickSources
  skipped(): number
}

/**
 * Makes timers: intervals, cron expressions and times of the day. Each tick is an envelope. They begin when the service
 * has started. Every tick is planned from the schedule, never from the end of the previous tick. Ticks that a suspended
 * process has missed run once. Nothing is kept from one process to the next, and every process has its own ticks.
 * Throws `OPTION_INVALID`.
 */
export function schedule(options: ScheduleOptions = {}): Schedule {
  return facade(timers(resolveScheduleOptions(options)), [])
}

function timers(options: ResolvedOptions): Timers {
  const { name, clock } = options
  let ticker: Ticker | undefined
  let runs: ReadonlyMap<Actor<TickSource>, Runs> = new Map()
  let skippedTicks = 0

  const adapter: Adapter = {
    name,
    async start({ actors, deliver, bus }) {
      skippedTicks = 0
      const tellSkipped = (event: Skipped) => {
        skippedTicks++
        bus.emit(skipped, event)
      }
      const context = { deliver, clock, stopwatch: new Stopwatch(clock), bus, tellSkipped }
      const ticking = actors as readonly Actor<TickSource>[]
      runs = new Map(ticking.map((actor) => [actor, new Runs(actor, context)]))
      ticker = new Ticker(clock)
    },
    started() {
      ticker?.start(
        [...runs].map(([{ source, address }, run]) => ({
          plan: source.plan,
          immediately: source.immediately,
          name: address,
          tick: (moment: number) => run.tick(moment),
        })),
      )
    },
    async pause() {
      ticker?.stop()
      const forgotten = [...runs.values()].reduce((sum, run) => sum + run.forget(), 0)
      if (forgotten > 0)
        getLogger('tomodachi.schedule').warn('queued ticks will not run', { ticks: forgotten })
    },
    async close() {
      ticker?.stop()
      ticker = undefined
      runs = new Map()
    },
  }
  return { adapter, sources: new TickSources(adapter, options), skipped: () => skippedTicks }
}

/** The timers as their users see them: the sources, with the middleware that `use` has added. */
function facade<Added>(timers: Timers, use: readonly AnyMiddleware[]): Schedule<Added> {
  const { adapter, sources } = timers
  const asked = (method: string, options: TickOptions = {}) => ({ method, options, use })
  const ticking = (method: string, interval: string) => (options?: TickOptions) =>
    sources.every(interval, asked(method, options)) as never
  return {
    ...adapter,
    origin: adapter,
    every: (interval, options) => sources.every(interval, asked('every', options)) as never,
    cron: (expression, options) => sources.cron(expression, asked('cron', options)) as never,
    at: (timestamp, options) => sources.at(timestamp, asked('at', options)) as never,
    heartbeat: ticking('heartbeat', '1s'),
    minutely: ticking('minutely', 'minutely'),
    hourly: ticking('hourly', 'hourly'),
    daily: ticking('daily', 'daily'),
    monthly: ticking('monthly', 'monthly'),
    use: (middleware) => facade(timers, [...use, ...middlewareList(middleware as Usable)]),
    get skipped() {
      return timers.skipped()
    },
  }
}
