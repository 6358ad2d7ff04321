import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Child, environment, serverPath } from './child.ts'
import { check, type Exchange, requestBytes } from './exchange.ts'
import { type Line, lineOf, type Subject } from './line.ts'
import { Load } from './load.ts'
import type { Pace } from './pace.ts'
import { interleave, type Samples } from './rounds.ts'
import { spreadOf } from './statistics.ts'

const hello: Exchange = {
  method: 'GET',
  path: '/hello',
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  answer: 'hello world',
}

const commandLine = fileURLToPath(new URL('../../dist/kernel/cli/main.js', import.meta.url))

/** Programs that say hello, and `run`: ours as a TypeScript service under the command. */
const programs: Readonly<Record<string, readonly [path: string, ...parameters: string[]]>> = {
  bare: [serverPath('start/bare.mjs')],
  fastify: [serverPath('start/fastify.mjs')],
  ours: [serverPath('start/ours.mjs')],
  run: [commandLine, 'run', '--production', '--log-level', 'error', serverPath('start/service.ts')],
}

/** How long a program rests before its memory is looked at. */
const idleMilliseconds = 1_000

/** Of the rounds, those that measure memory too: they take seconds, and memory varies little. */
const memoryShare = 1 / 8

/** Time from the start of a process to its listening, and its memory: at rest, and after it has worked as long as a warm-up. */
export async function* start(pace: Pace): AsyncGenerator<Line> {
  yield* listening(pace)
  yield* memory(pace)
}

/** Each time is that over the median of node processes that do nothing. */
async function* listening({ rounds }: Pace): AsyncGenerator<Line> {
  const starters = Object.entries(programs).map(([name, program]) => [name, () => timeToListen(program)])
  const { node = [], ...times } = await interleave(
    { ...Object.fromEntries(starters), node: timeOfNode },
    rounds,
    0,
  )
  const { median } = spreadOf(node)
  const over = Object.entries(times).map(([name, all]) => [name, all.map((time) => time - median)])
  yield* lines(
    { bench: 'start', case: 'time to listening', unit: 'ms', better: 'lower' },
    Object.fromEntries(over),
  )
}

async function* memory({ rounds, warmUpMilliseconds }: Pace): AsyncGenerator<Line> {
  const idle: Record<string, number[]> = {}
  const measured = Object.entries(programs).map(([name, program]) => {
    idle[name] = []
    const work = async () => {
      const { afterStart, afterLoad } = await memoryOf(name, program, warmUpMilliseconds)
      idle[name]?.push(afterStart)
      return afterLoad
    }
    return [name, work]
  })
  const loaded = await interleave(Object.fromEntries(measured), Math.ceil(rounds * memoryShare), 0)
  yield* lines({ bench: 'start', case: 'memory when idle', unit: 'MB', better: 'lower' }, idle)
  yield* lines({ bench: 'start', case: 'memory after load', unit: 'MB', better: 'lower' }, loaded)
}

/** One line for our program, and one for the command. */
function lines(subject: Subject, { bare = [], fastify = [], ours = [], run = [] }: Samples): Line[] {
  return [
    lineOf(subject, { ours, bare, fastify }),
    lineOf({ ...subject, case: `${subject.case}, tomodachi run` }, { ours: run, bare, fastify }),
  ]
}

async function timeToListen([path, ...parameters]: readonly [string, ...string[]]): Promise<number> {
  const startedAt = performance.now()
  const child = await Child.start(path, parameters)
  const time = performance.now() - startedAt
  await child.end()
  return time
}

async function timeOfNode(): Promise<number> {
  const startedAt = performance.now()
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
  await once(spawn(process.execPath, ['-e', '0'], { env: environment(), stdio: [...stdio] }), 'exit')
  return performance.now() - startedAt
}

async function memoryOf(
  name: string,
  [path, ...parameters]: readonly [string, ...string[]],
  loadMilliseconds: number,
): Promise<{ afterStart: number; afterLoad: number }> {
  const child = await Child.start(path, parameters)
  try {
    await new Promise((resolve) => setTimeout(resolve, idleMilliseconds))
    const afterStart = (await child.usage()).memory / 1e6
    await check(name, child.port, hello)
    const load = await Load.open(child.port, [requestBytes(hello)])
    await load.run(loadMilliseconds)
    const afterLoad = (await child.usage()).memory / 1e6
    load.close()
    return { afterStart, afterLoad }
  } finally {
    await child.end()
  }
}
