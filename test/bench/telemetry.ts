import { randomUUID } from 'node:crypto'
import { ownRabbitmq, runningRabbitmq } from '../brokers/rabbitmq.ts'
import { withBroker } from './broker.ts'
import { Child, serverPath } from './child.ts'
import { startServers } from './cpu.ts'
import type { Exchange } from './exchange.ts'
import { Journal } from './journal.ts'
import { type Line, lineOf } from './line.ts'
import type { Pace } from './pace.ts'
import { measure, type Samples, type Sitting } from './rounds.ts'

const text = 'text/plain; charset=utf-8'
const hello: Exchange = {
  method: 'GET',
  path: '/hello',
  status: 200,
  contentType: text,
  answer: 'hello world',
}

/** What is traced and measured: without the adapter, without an SDK, and with one. */
const ours = ['off', 'none', 'spans', 'spans and metrics'] as const
/** `@fastify/otel` makes two spans for each request unless it is told to leave out that of the handler. */
const fastify = ['off', 'one span', 'two spans'] as const

/**
 * Processor time per HTTP request and per RabbitMQ message with telemetry off, without an SDK, with spans, and with spans and
 * metrics, against telemetry off, and against fastify with `@fastify/otel`. Exporters drop what they get.
 */
export async function* telemetry(pace: Pace): AsyncGenerator<Line> {
  yield* requests(pace)
  const place = { name: 'RabbitMQ', running: runningRabbitmq, own: ownRabbitmq }
  yield* withBroker(place, (url) => messages(pace, url))
}

async function* requests(pace: Pace): AsyncGenerator<Line> {
  const exchanges = [hello]
  const server = (file: string, signals: string) => ({
    file: `telemetry/${file}.mjs`,
    parameters: [signals],
    exchanges,
  })
  const contenders = Object.fromEntries([
    ...ours.map((signals) => [signals, server('ours', signals)]),
    ...fastify.map((signals) => [`fastify, ${signals}`, server('fastify', signals)]),
  ])
  const samples = await measure(pace, () => startServers(contenders))
  const opponents: Readonly<Record<string, readonly string[]>> = {
    off: ['fastify, off'],
    none: ['off'],
    spans: ['off', 'fastify, one span', 'fastify, two spans'],
    'spans and metrics': ['off', 'fastify, one span', 'fastify, two spans'],
  }
  for (const signals of ours)
    yield lineFor(`hello, ${signals}`, 'µs CPU/request', samples, signals, opponents[signals] ?? [])
}

async function* messages(pace: Pace, url: string): AsyncGenerator<Line> {
  const journal = new Journal<{ readonly rate: number; readonly cpu: number }>()
  await measure(pace, () => startConsumers(url, journal))
  const samples = journal.samples('cpu')
  for (const signals of ours)
    yield lineFor(`consume, ${signals}`, 'µs CPU/message', samples, signals, [
      'bare',
      ...(signals === 'off' ? [] : ['off']),
    ])
}

function lineFor(
  name: string,
  unit: string,
  samples: Samples,
  signals: string,
  opponents: readonly string[],
): Line {
  const theirs = opponents.map((opponent) => [opponent, samples[opponent] ?? []])
  const compared = { ...Object.fromEntries(theirs), ours: samples[signals] ?? [] }
  return lineOf({ bench: 'telemetry', case: name, unit, better: 'lower' }, compared)
}

/** Consumers, each with a queue of its own. */
async function startConsumers(
  url: string,
  journal: Journal<{ readonly rate: number; readonly cpu: number }>,
): Promise<Sitting> {
  const start = (file: string, ...signals: string[]) =>
    Child.start(serverPath(file), [url, 'jsonBase', `bench.telemetry.${randomUUID()}`, ...signals])
  const children = new Map([['bare', await start('amqp/bare.mjs')]])
  for (const signals of ours) children.set(signals, await start('telemetry/consume.mjs', signals))
  const work = (child: Child) => async (milliseconds: number) =>
    (await child.ask('consume', milliseconds)) as { readonly rate: number; readonly cpu: number }
  return {
    contenders: Object.fromEntries(
      [...children].map(([name, child]) => [name, journal.contender(name, work(child))]),
    ),
    async end() {
      for (const child of children.values()) await child.end()
    },
  }
}
