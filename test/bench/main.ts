/**
 * Side-by-side benchmarks: `npm run bench -- NAME [--json] [--rounds N] [--quick]`.
 *
 * - `http`: processor time per request of three routes, against bare `node:http` and fastify.
 * - `logs`: processor time per request with JSON lines of each request in a file, against fastify with pino.
 * - `bus`: messages per second over the memory bus, against a composed call of the same functions.
 * - `amqp`: messages per second, processor time per message and latency over RabbitMQ, against bare amqplib.
 * - `redis`: the same over Redis, against its bare client.
 * - `sns-sqs`: messages per second, calls of the API per message and latency over SNS and SQS, against the bare SDK.
 * - `start`: time to listening over a bare node start, and resident memory, against bare and fastify.
 * - `ws`: processor time per echoed websocket message, and memory per idle connection, against bare `ws`.
 * - `routes`: processor time per request with 10, 1,000 and 10,000 routes, against fastify and against ten routes.
 * - `telemetry`: processor time per request and message without and with OpenTelemetry, against fastify with its own.
 * - `overload`: what clients wait at twice the capacity, with shedding and without, against the same at rest.
 * - `schedule`: lateness and processor time of 10,000 timers, against as many `setInterval`.
 *
 * Every contender is a process of its own, in production mode. All are measured in each round, one after the other,
 * who is first changing from round to round; a ratio is the median of the ratios within the rounds, given with its
 * quartiles, so that what else the machine does falls out. Processes are started anew several times in between. Time
 * of the processor counts all threads of the process, garbage collection included.
 *
 * `--json` prints one line of JSON per case: ours and theirs in the unit, ratio = ours / theirs, spread = quartiles of
 * the ratio. `--rounds` sets the number of rounds; `--quick` only shows that everything runs.
 */
import { parseArgs } from 'node:util'
import { amqp } from './amqp.ts'
import { bus } from './bus.ts'
import { http } from './http.ts'
import type { Line } from './line.ts'
import { logs } from './logs.ts'
import { overload } from './overload.ts'
import { fullPace, type Pace, quickPace } from './pace.ts'
import { redis } from './redis.ts'
import { routes } from './routes.ts'
import { schedule } from './schedule.ts'
import { snsSqs } from './sns-sqs.ts'
import { start } from './start.ts'
import { conditions, row } from './table.ts'
import { telemetry } from './telemetry.ts'
import { ws } from './ws.ts'

const benches: Readonly<Record<string, (pace: Pace) => AsyncIterable<Line>>> = {
  http,
  logs,
  bus,
  amqp,
  redis,
  'sns-sqs': snsSqs,
  start,
  routes,
  schedule,
  ws,
  overload,
  telemetry,
}
const known = Object.keys(benches).join(', ')
const usage = `usage: npm run bench -- NAME [--json] [--rounds N] [--quick], where NAME is one of ${known}`

process.exitCode = await main()

/** Returns the exit code: 0, or 2 for wrong usage. */
async function main(): Promise<number> {
  const wanted = readArguments()
  if (typeof wanted === 'string') {
    console.error(wanted)
    return 2
  }
  const { bench, pace, asJson } = wanted
  if (!asJson) console.log(conditions())
  for await (const line of bench(pace)) console.log(asJson ? JSON.stringify(line) : row(line))
  return 0
}

/** What is asked for, or a sentence about what is wrong with it. */
function readArguments() {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse()
  } catch (error) {
    return `${(error as Error).message}\n${usage}`
  }
  const { values, positionals } = parsed
  const [name = '', ...more] = positionals
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (bench === undefined || more.length > 0) {
    return positionals.length === 0
      ? usage
      : `no benchmark is named ${positionals.join(' ')}; known are ${known}`
  }
  const pace = values.quick ? quickPace : fullPace
  const rounds = values.rounds === undefined ? pace.rounds : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) return `--rounds needs a number from 1, not ${values.rounds}`
  return { bench, pace: { ...pace, rounds, sittings: Math.min(pace.sittings, rounds) }, asJson: values.json }
}

function parse() {
  return parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
    },
  })
}
