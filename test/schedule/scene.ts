import { Kernel, type KernelOptions, type ManualClock, manualClock, Service } from 'tomodachi'
import { type Schedule, type ScheduleOptions, type ScheduleSource, schedule } from 'tomodachi/schedule'

/** One call of the handler. */
export interface Tick {
  /** When it was planned. */
  readonly firedAt: string
  /** When it came. */
  readonly at: string
  readonly interval: number | string
}

export interface Scene {
  readonly clock: ManualClock
  readonly timer: Schedule
  readonly ticks: readonly Tick[]
  readonly kernel: Kernel
  /** What was planned, in the order in which it came. */
  planned(): string[]
}

export interface SceneOptions extends Omit<ScheduleOptions, 'clock'> {
  /** Default: 2017-06-15T10:16:50Z, that of the recorded cases. */
  readonly now?: string
  readonly handle?: (tick: Tick) => unknown
  readonly kernel?: KernelOptions
}

/** A running service with one handler of a source, on a clock of its own. */
export async function scene(
  sourceOf: (timer: Schedule) => ScheduleSource,
  { now = '2017-06-15T10:16:50Z', handle = () => {}, kernel = {}, ...options }: SceneOptions = {},
): Promise<Scene> {
  const clock = manualClock(Date.parse(now))
  const timer = schedule({ timezone: 'UTC', ...options, clock })
  const ticks: Tick[] = []
  const service = new Service().on(sourceOf(timer), ({ firedAt, interval }) => {
    const tick = { firedAt: isoOf(firedAt.getTime()), at: isoOf(clock.now()), interval }
    ticks.push(tick)
    return handle(tick) as undefined
  })
  return {
    clock,
    timer,
    ticks,
    kernel: await new Kernel([service], { ownsProcess: false, ...kernel }).start(),
    planned: () => ticks.map(({ firedAt }) => firedAt),
  }
}

/** Passes long times at once: nothing may be due before. */
export async function passTo(clock: ManualClock, moment: number): Promise<void> {
  const wait = moment - clock.now()
  if (wait > 120_000) clock.block(wait - 120_000)
  await clock.advance(Math.min(wait, 120_000))
}

/** `2017-06-15T10:16:50Z`, with milliseconds only where there are some. */
export function isoOf(moment: number): string {
  return new Date(moment).toISOString().replace('.000Z', 'Z')
}
