import { type Arrivals, arrive, type Waits } from './arrivals.ts'
import { Child, serverPath } from './child.ts'
import { requestBytes } from './exchange.ts'
import { type Line, lineOf } from './line.ts'
import { Load } from './load.ts'
import type { Pace } from './pace.ts'
import { quantileOf, spreadOf } from './statistics.ts'

/** Rounds take much longer than elsewhere, since a p99 needs many requests. */
const share = 1 / 14
const longer = 40
/** Of the capacity, at rest. */
const idleShare = 0.1
const overloadShare = 2
/** Health checks a second. */
const checksPerSecond = 50

/** Handlers that compute are limited by what requests wait; those that wait for something else, by their number. */
const handlers = {
  computing: { wait: 0, limits: () => ({ maxEventLoopDelay: 10 }) },
  waiting: {
    wait: 20,
    // As the operating guide has it: what is answered in a second, times the seconds of one, plus a fifth.
    limits: (perSecond: number, milliseconds: number) => ({
      maxInFlight: Math.ceil((perSecond * milliseconds * 1.2) / 1_000),
    }),
  },
} as const

/** One load: its requests, and the health checks meanwhile. */
interface Measured {
  readonly work: Waits
  readonly health: Waits
}

/** What clients wait at twice the capacity, with shedding and without, and how many are answered. */
export async function* overload(pace: Pace): AsyncGenerator<Line> {
  for (const [name, handler] of Object.entries(handlers)) {
    const waits: Samples = { ours: [], idle: [], unshed: [] }
    const health: Samples = { ours: [], idle: [], unshed: [] }
    const answered: Samples = { ours: [], capacity: [] }
    for (let round = 0; round < pace.rounds * share; round++) {
      const { capacity, ...loads } = await measureRound(pace, handler)
      for (const [load, measured] of Object.entries(loads)) {
        waits[load]?.push(p99(measured.work))
        health[load]?.push(p99(measured.health))
      }
      answered.capacity?.push(capacity)
      answered.ours?.push((loads.ours.work.accepted.length / (pace.roundMilliseconds * longer)) * 1_000)
    }
    const at = (what: string) => `${name}, ${what} at twice the capacity`
    yield lineOf({ bench: 'overload', case: at('accepted p99'), unit: 'ms', better: 'lower' }, waits)
    yield lineOf({ bench: 'overload', case: at('health p99'), unit: 'ms', better: 'lower' }, health)
    yield lineOf({ bench: 'overload', case: at('accepted'), unit: 'requests/s', better: 'higher' }, answered)
  }
}

type Samples = Record<string, number[]>

async function measureRound(pace: Pace, { wait, limits }: (typeof handlers)[keyof typeof handlers]) {
  const plain = await Child.start(serverPath('overload/ours.mjs'), [String(wait)])
  try {
    await capacityOf(plain, pace.warmUpMilliseconds)
    const capacity = await capacityOf(plain, pace.roundMilliseconds * longer)
    const idle = await under(plain, pace, capacity * idleShare)
    const unshed = await under(plain, pace, capacity * overloadShare)
    const options = limits(capacity, spreadOf(idle.work.accepted).median)
    const shedding = await Child.start(serverPath('overload/ours.mjs'), [
      String(wait),
      JSON.stringify(options),
    ])
    try {
      const ours = await under(shedding, pace, capacity * overloadShare)
      return { capacity, idle, unshed, ours }
    } finally {
      await shedding.end()
    }
  } finally {
    await plain.end()
  }
}

/** Answers a second, with as many requests as a process can take. */
async function capacityOf({ port }: Child, milliseconds: number): Promise<number> {
  const load = await Load.open(port, [requestBytes({ method: 'GET', path: '/work', status: 200 })])
  const startedAt = performance.now()
  const answers = await load.run(milliseconds)
  load.close()
  return (answers / (performance.now() - startedAt)) * 1_000
}

async function under({ port }: Child, pace: Pace, perSecond: number): Promise<Measured> {
  const time = { milliseconds: pace.roundMilliseconds * longer, settling: pace.warmUpMilliseconds }
  const load = (path: string, perSecond: number): Arrivals => ({ path, perSecond, ...time })
  const [work, health] = await Promise.all([
    arrive(port, load('/work', perSecond)),
    arrive(port, load('/live', checksPerSecond)),
  ])
  return { work, health }
}

/** Of all that were not shed. Those that waited in vain count with the time until then. */
function p99({ accepted, unanswered }: Waits): number {
  return quantileOf([...accepted, ...unanswered], 0.99)
}
