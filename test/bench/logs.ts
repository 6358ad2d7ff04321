import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child, serverPath } from './child.ts'
import { check, type Exchange, requestBytes } from './exchange.ts'
import { type Line, lineOf } from './line.ts'
import { Load } from './load.ts'
import type { Pace } from './pace.ts'
import { measure, type Sitting } from './rounds.ts'

const answered = { status: 200, contentType: 'text/plain; charset=utf-8', answer: 'hello world' }
const cases: Readonly<Record<string, Case>> = {
  'access log': { exchange: { method: 'GET', path: '/hello', ...answered }, lines: 1 },
  'access log and a record of the handler': {
    exchange: { method: 'GET', path: '/orders/17', ...answered },
    lines: 2,
  },
}

interface Case {
  readonly exchange: Exchange
  /** How many lines are written for it. */
  readonly lines: number
}

interface Logging extends Case {
  readonly child: Child
  readonly load: Load
  readonly path: string
  /** The file at the path. */
  readonly output: number
}

/** How long lines may be missing, in milliseconds. */
const patience = 5_000

/** Processor time per request while each is logged as JSON to a file, against fastify with its own logger, pino. */
export async function* logs(pace: Pace): AsyncGenerator<Line> {
  for (const [name, wanted] of Object.entries(cases)) {
    const samples = await measure(pace, () => startLogging(wanted))
    yield lineOf({ bench: 'logs', case: name, unit: 'µs CPU/request', better: 'lower' }, samples)
  }
}

async function startLogging({ exchange, lines }: Case): Promise<Sitting> {
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-bench-'))
  const start = async (file: string, parameters: readonly string[], lines: number): Promise<Logging> => {
    const path = join(folder, `${file.replace('/', '-')}-${parameters.join('-')}`)
    const output = openSync(path, 'a')
    const child = await Child.start(serverPath(file), parameters, output)
    await check(file, child.port, exchange)
    const load = await Load.open(child.port, [requestBytes(exchange)])
    return { exchange, lines, child, load, path, output }
  }
  const running = {
    // It also writes a line when a request comes in.
    fastify: await start('logs/fastify.mjs', [], lines + 1),
    'fastify, one line': await start('logs/fastify.mjs', ['one-line'], lines),
    ours: await start('logs/ours.mjs', [], lines),
  }
  return {
    contenders: Object.fromEntries(
      Object.entries(running).map(([name, logging]) => [name, (time) => cpuPerRequest(logging, time)]),
    ),
    async end() {
      for (const { child, load, output } of Object.values(running)) {
        load.close()
        await child.end()
        closeSync(output)
      }
      rmSync(folder, { recursive: true })
    },
  }
}

/** Includes the time until all lines have been written. Rejects when lines are missing: who skips work must not win. */
async function cpuPerRequest({ child, load, lines, path, output }: Logging, milliseconds: number) {
  ftruncateSync(output)
  const before = await child.usage()
  const answers = await load.run(milliseconds)
  const givesUpAt = performance.now() + patience
  while (linesIn(path) < answers * lines) {
    if (performance.now() > givesUpAt)
      throw new Error(`${linesIn(path)} lines for ${answers} requests: ${path}`)
    await sleep(5)
  }
  const after = await child.usage()
  return (after.cpu - before.cpu) / answers
}

function linesIn(path: string): number {
  return readFileSync(path, 'latin1').split('\n').length - 1
}
