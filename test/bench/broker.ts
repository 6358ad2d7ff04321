import { randomUUID } from 'node:crypto'
import { Child, serverPath } from './child.ts'
import { Journal } from './journal.ts'
import { type Line, lineOf } from './line.ts'
import type { Pace } from './pace.ts'
import { measure, type Sitting } from './rounds.ts'

type Task = 'publish' | 'consume' | 'latency'

/** A broker that runs, or one of the benchmark's own. */
interface Place {
  readonly name: string
  running(): Promise<string | undefined>
  own(): Promise<{ readonly url: string; remove(): void } | undefined>
}

/**
 * Messages over a broker, against its bare client with the same wire format: the programs `ours` and `bare` in the folder of
 * servers that is named as the benchmark.
 */
export function overBroker(bench: string, place: Place, pace: Pace): AsyncGenerator<Line> {
  return withBroker(place, async function* (url) {
    for (const task of ['publish', 'consume'] as const) {
      for (const format of ['raw', 'jsonBase']) yield* throughput(pace, bench, url, task, format)
    }
    yield* latency(pace, bench, url)
  })
}

/** Measures on the broker that runs or, where there is none, on one that ends with the benchmark. */
export async function* withBroker(
  place: Place,
  measuring: (url: string) => AsyncIterable<Line>,
): AsyncGenerator<Line> {
  const running = await place.running()
  const own = running === undefined ? await place.own() : undefined
  const url = running ?? own?.url
  if (url === undefined) throw new Error(`${place.name} is not installed`)
  const removeWithProcess = () => own?.remove()
  process.once('exit', removeWithProcess)
  try {
    yield* measuring(url)
  } finally {
    own?.remove()
    process.off('exit', removeWithProcess)
  }
}

async function* throughput(pace: Pace, bench: string, url: string, task: Task, format: string) {
  const journal = new Journal<{ readonly rate: number; readonly cpu: number }>()
  await measure(pace, () => startClients(bench, url, format, task, journal))
  const about = { bench, case: `${task}, ${format}` }
  yield lineOf({ ...about, unit: 'messages/s', better: 'higher' }, journal.samples('rate'))
  yield lineOf({ ...about, unit: 'µs CPU/message', better: 'lower' }, journal.samples('cpu'))
}

async function* latency(pace: Pace, bench: string, url: string) {
  const journal = new Journal<{ readonly p50: number; readonly p99: number }>()
  await measure(pace, () => startClients(bench, url, 'jsonBase', 'latency', journal))
  for (const figure of ['p50', 'p99'] as const) {
    const about = { bench, case: `publish to handler ${figure}, jsonBase` }
    yield lineOf({ ...about, unit: 'ms', better: 'lower' }, journal.samples(figure))
  }
}

/** Starts both clients, each with a queue of its own. */
async function startClients<Figures extends Readonly<Record<string, number>>>(
  bench: string,
  url: string,
  format: string,
  task: Task,
  journal: Journal<Figures>,
): Promise<Sitting> {
  const start = (client: string) =>
    Child.start(serverPath(`${bench}/${client}.mjs`), [url, format, `bench.${client}.${randomUUID()}`])
  const work = (child: Child) => (milliseconds: number) => child.ask(task, milliseconds) as Promise<Figures>
  const [bare, ours] = [await start('bare'), await start('ours')]
  return {
    contenders: { bare: journal.contender('bare', work(bare)), ours: journal.contender('ours', work(ours)) },
    async end() {
      await bare.end()
      await ours.end()
    },
  }
}
