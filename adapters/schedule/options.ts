import type { Resolved, ShapesOf } from '../../kernel/adapter-kit.ts'
import {
  choice,
  clockOption,
  flag,
  lineOfText,
  optionShape,
  resolveOptions,
} from '../../kernel/adapter-kit.ts'
import type { Clock } from '../../kernel/index.ts'
import { zoneOf } from './zone.ts'

/** What happens to a tick while the previous one is still running: it is skipped, runs afterwards, or runs at once. */
export type Overlap = 'skip' | 'queue' | 'allow'

/** Options of one schedule. Default: those of the adapter. */
export interface TickOptions {
  /**
   * Time zone of calendar times: a name such as `Europe/Stockholm`, or an offset such as `+05:30`. It does not affect
   * intervals such as `'5s'`. Default: the zone of the process.
   */
  readonly timezone?: string | undefined
  /** Whether to tick once more when the service has started. Default false. */
  readonly immediately?: boolean | undefined
  /**
   * What happens to a tick while the previous one is still running. `skip` leaves it out, counts it and logs it; `queue` runs it
   * afterwards, and keeps at most 1,000; `allow` runs it at once. Default `skip`.
   */
  readonly overlap?: Overlap | undefined
}

/** Options of `schedule()`. */
export interface ScheduleOptions extends TickOptions {
  /** Name of the adapter in addresses, logs and `getContext()`. Default `schedule`. */
  readonly name?: string | undefined
  /** The source of time; with `manualClock()` a test controls it. Default: the system's clock. */
  readonly clock?: Clock | undefined
}

const tickShapes = {
  timezone: optionShape<string | undefined>(
    undefined,
    'a time zone such as Europe/Stockholm, or an offset such as +05:30',
    (value) => (typeof value === 'string' && zoneOf(value) ? value : undefined),
  ),
  immediately: flag(false),
  overlap: choice('skip', ['skip', 'queue', 'allow']),
} satisfies ShapesOf<TickOptions>

const scheduleShapes = {
  ...tickShapes,
  name: lineOfText('schedule'),
  clock: clockOption(),
} satisfies ShapesOf<ScheduleOptions>

/** Options of one schedule that were checked. */
export type ResolvedTickOptions = Resolved<typeof tickShapes>

/** Options of the adapter that were checked. */
export type ResolvedOptions = Resolved<typeof scheduleShapes>

/** Checks the options of the adapter and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveScheduleOptions(options: ScheduleOptions): ResolvedOptions {
  return resolveOptions('schedule', options, scheduleShapes)
}

/** Checks the options of a source, which `method` makes; those left out are as in `defaults`. Throws `OPTION_INVALID`. */
export function resolveTickOptions(
  method: string,
  options: TickOptions,
  defaults: ResolvedTickOptions,
): ResolvedTickOptions {
  const resolved = resolveOptions(`schedule.${method}`, options, tickShapes)
  const given = Object.entries(resolved).filter(
    ([option]) => options[option as keyof TickOptions] !== undefined,
  )
  return { ...defaults, ...Object.fromEntries(given) }
}

/** Where the arguments of the methods stand, for errors: `schedule.every(interval)`. */
export const argumentPlace = { owner: 'schedule', path: '' }
