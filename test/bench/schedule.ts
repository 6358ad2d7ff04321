import { Child, serverPath } from './child.ts'
import { Journal } from './journal.ts'
import { type Line, lineOf, type Subject } from './line.ts'
import type { Pace } from './pace.ts'
import { measure, type Sitting } from './rounds.ts'

/** What `observe` of servers/schedule/lateness.mjs gives. */
type Observed = Readonly<Record<'p50' | 'p99' | 'behind' | 'cpuPerTick' | 'cpuPerSecond', number>>

/** Rounds are longer than elsewhere, and fewer: there are only some thousand ticks a second. */
const longer = 2.5
/** The shortest period is a second. */
const firstTicks = 1_200

/** Lateness and processor time of 10,000 timers, against as many `setInterval`: ticking, and only waiting. */
export async function* schedule(pace: Pace): AsyncGenerator<Line> {
  const waitingPace = {
    ...pace,
    rounds: Math.ceil(pace.rounds / longer),
    roundMilliseconds: pace.roundMilliseconds * longer,
  }
  const tickingPace = { ...waitingPace, warmUpMilliseconds: Math.max(pace.warmUpMilliseconds, firstTicks) }
  const ticking = await observe(tickingPace, 'ticking')
  yield lineOf(subject('lateness p50', 'ms'), ticking.samples('p50'))
  yield lineOf(subject('lateness p99', 'ms'), ticking.samples('p99'))
  yield lineOf(subject('behind the plan p50', 'ms'), ticking.samples('behind'))
  yield lineOf(subject('CPU per tick', 'µs CPU/tick'), ticking.samples('cpuPerTick'))
  const waiting = await observe(waitingPace, 'idle')
  yield lineOf(subject('CPU when idle', 'µs CPU/s'), waiting.samples('cpuPerSecond'))
}

async function observe(pace: Pace, mode: string): Promise<Journal<Observed>> {
  const journal = new Journal<Observed>()
  await measure(pace, () => startTimers(mode, journal))
  return journal
}

function subject(name: string, unit: string): Subject {
  return { bench: 'schedule', case: `10,000 timers, ${name}`, unit, better: 'lower' }
}

async function startTimers(mode: string, journal: Journal<Observed>): Promise<Sitting> {
  const setInterval = await Child.start(serverPath('schedule/bare.mjs'), [mode])
  const ours = await Child.start(serverPath('schedule/ours.mjs'), [mode])
  const observer = (child: Child) => (milliseconds: number) =>
    child.ask('observe', milliseconds) as Promise<Observed>
  return {
    contenders: {
      setInterval: journal.contender('setInterval', observer(setInterval)),
      ours: journal.contender('ours', observer(ours)),
    },
    async end() {
      await setInterval.end()
      await ours.end()
    },
  }
}
