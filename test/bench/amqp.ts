import { randomUUID } from 'node:crypto'
import { ownRabbitmq, runningRabbitmq } from '../brokers/rabbitmq.ts'
import { Child, serverPath } from './child.ts'
import { Journal } from './journal.ts'
import { type Line, lineOf } from './line.ts'
import type { Pace } from './pace.ts'
import { measure, type Sitting } from './rounds.ts'

type Task = 'publish' | 'consume' | 'latency'

/** Messages over RabbitMQ, against bare amqplib on the same broker with the same wire format. */
export async function* amqp(pace: Pace): AsyncGenerator<Line> {
  const running = await runningRabbitmq()
  const own = running === undefined ? await ownRabbitmq() : undefined
  const url = running ?? own?.url
  if (url === undefined) throw new Error('RabbitMQ is not installed')
  const removeWithProcess = () => own?.remove()
  process.once('exit', removeWithProcess)
  try {
    for (const task of ['publish', 'consume'] as const) {
      for (const format of ['raw', 'jsonBase']) yield* throughput(pace, url, task, format)
    }
    yield* latency(pace, url)
  } finally {
    own?.remove()
    process.off('exit', removeWithProcess)
  }
}

async function* throughput(pace: Pace, url: string, task: Task, format: string) {
  const journal = new Journal<{ readonly rate: number; readonly cpu: number }>()
  await measure(pace, () => startClients(url, format, task, journal))
  const about = { bench: 'amqp', case: `${task}, ${format}` }
  yield lineOf({ ...about, unit: 'messages/s', better: 'higher' }, journal.samples('rate'))
  yield lineOf({ ...about, unit: 'µs CPU/message', better: 'lower' }, journal.samples('cpu'))
}

async function* latency(pace: Pace, url: string) {
  const journal = new Journal<{ readonly p50: number; readonly p99: number }>()
  await measure(pace, () => startClients(url, 'jsonBase', 'latency', journal))
  for (const figure of ['p50', 'p99'] as const) {
    const about = { bench: 'amqp', case: `publish to handler ${figure}, jsonBase` }
    yield lineOf({ ...about, unit: 'ms', better: 'lower' }, journal.samples(figure))
  }
}

/** Starts both clients, each with a queue of its own. */
async function startClients<Figures extends Readonly<Record<string, number>>>(
  url: string,
  format: string,
  task: Task,
  journal: Journal<Figures>,
): Promise<Sitting> {
  const start = (client: string) =>
    Child.start(serverPath(`amqp/${client}.mjs`), [url, format, `bench.${client}.${randomUUID()}`])
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
