import { Child, serverPath } from './child.ts'
import { Echo, openWebsocket } from './echo.ts'
import { type Line, lineOf } from './line.ts'
import type { Pace } from './pace.ts'
import { interleave, measure, type Sitting } from './rounds.ts'

const servers = { bare: 'ws/bare.mjs', ours: 'ws/ours.mjs' }
const connections = 64
/** Of the rounds, those that measure memory: opening so many connections takes seconds, and memory varies little. */
const memoryShare = 1 / 8
const openAtOnce = 100

/** Processor time per message that is sent back, and memory per connection that does nothing; against bare ws. */
export async function* ws(pace: Pace): AsyncGenerator<Line> {
  for (const inFlight of [1, 16]) {
    const samples = await measure(pace, () => startEchoes(inFlight))
    const name = `echo, ${inFlight} in flight`
    yield lineOf({ bench: 'ws', case: name, unit: 'µs CPU/message', better: 'lower' }, samples)
  }
  const idle = pace.idleConnections
  const contenders = Object.fromEntries(
    Object.entries(servers).map(([name, file]) => [name, () => memoryPerConnection(file, idle)]),
  )
  const samples = await interleave(contenders, Math.ceil(pace.rounds * memoryShare), 0)
  const name = `idle, ${idle.toLocaleString('en')} connections`
  yield lineOf({ bench: 'ws', case: name, unit: 'KB/connection', better: 'lower' }, samples)
}

async function startEchoes(inFlight: number): Promise<Sitting> {
  const running: { name: string; child: Child; echo: Echo }[] = []
  for (const [name, file] of Object.entries(servers)) {
    const child = await Child.start(serverPath(file))
    running.push({ name, child, echo: await Echo.open(child.port, connections, inFlight) })
  }
  return {
    contenders: Object.fromEntries(
      running.map(({ name, child, echo }) => [
        name,
        (milliseconds) => cpuPerMessage(child, echo, milliseconds),
      ]),
    ),
    async end() {
      for (const { child, echo } of running) {
        echo.close()
        await child.end()
      }
    },
  }
}

async function cpuPerMessage(child: Child, echo: Echo, milliseconds: number): Promise<number> {
  const before = await child.usage()
  const answers = await echo.run(milliseconds)
  const after = await child.usage()
  return (after.cpu - before.cpu) / answers
}

async function memoryPerConnection(file: string, count: number): Promise<number> {
  const child = await Child.start(serverPath(file))
  const sockets = []
  try {
    // What the first connections make for all does not count.
    sockets.push(...(await openSome(child.port)))
    const before = (await child.ask('collected')) as number
    for (let opened = 0; opened < count; opened += openAtOnce) sockets.push(...(await openSome(child.port)))
    const after = (await child.ask('collected')) as number
    return (after - before) / count / 1_024
  } finally {
    for (const socket of sockets) socket.destroy()
    await child.end()
  }
}

function openSome(port: number) {
  return Promise.all(Array.from({ length: openAtOnce }, () => openWebsocket(port)))
}
