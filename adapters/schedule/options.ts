import { systemClock } from '../../kernel/adapter-kit.ts'
import { type Clock, TomodachiError } from '../../kernel/index.ts'

/** What becomes of a tick while the one before still runs: left out, made up for afterwards, or run beside it. */
export type Overlap = 'skip' | 'queue' | 'allow'

/** Options of one schedule. Default: those of the adapter. */
export interface TickOptions {
  /**
   * Zone of calendar times: a name such as `Europe/Stockholm`, or an offset such as `+05:30`. Intervals in seconds have
   * none. Default: the zone of the process.
   */
  readonly timezone?: string
  /** Whether it also ticks once when the service has started. Default false. */
  readonly immediately?: boolean
  /**
   * What becomes of a tick while the one before still runs. `skip` leaves it out, counts and logs it; `queue` runs it
   * afterwards, and keeps at most 1,000; `allow` runs it at once. Default `skip`.
   */
  readonly overlap?: Overlap
}

/** Options of `schedule()`. */
export interface ScheduleOptions extends TickOptions {
  /** Names the adapter in addresses, logs and `getContext()`. Default `schedule`. */
  readonly name?: string
  /** Where time comes from; `manualClock()` lets a test drive it. Default: the system's. */
  readonly clock?: Clock
}

/** The same options, checked, with nothing left open but the zone. */
export interface ResolvedOptions {
  readonly name: string
  readonly clock: Clock
  readonly timezone: string | undefined
  readonly immediately: boolean
  readonly overlap: Overlap
}

const overlaps: readonly unknown[] = ['skip', 'queue', 'allow']

/** Checks the options of the adapter and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveOptions({
  name = 'schedule',
  clock = systemClock,
  ...defaults
}: ScheduleOptions): ResolvedOptions {
  if (typeof name !== 'string' || name === '') refuse('name', 'a string that is not empty', name)
  if (typeof clock?.now !== 'function' || typeof clock.setTimeout !== 'function')
    refuse('clock', 'a clock, such as manualClock()', clock)
  return { name, clock, ...resolveTickOptions(defaults, { overlap: 'skip', immediately: false }) }
}

/** Checks the options of one schedule; what it leaves open is as in `defaults`. Throws `OPTION_INVALID`. */
export function resolveTickOptions(
  options: TickOptions,
  defaults: Required<Omit<TickOptions, 'timezone'>> & { readonly timezone?: string | undefined },
): Omit<ResolvedOptions, 'name' | 'clock'> {
  const {
    timezone = defaults.timezone,
    immediately = defaults.immediately,
    overlap = defaults.overlap,
    ...unknown
  } = options
  for (const [option, value] of Object.entries(unknown))
    refuse(option, 'left out, as a schedule has no such option', value)
  if (typeof immediately !== 'boolean') refuse('immediately', 'true or false', immediately)
  if (!overlaps.includes(overlap)) refuse('overlap', 'skip, queue or allow', overlap)
  return { timezone, immediately, overlap }
}

/** Throws `OPTION_INVALID` for an option or an argument of a schedule. */
export function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `schedule.${option}`, expected, actual })
}
