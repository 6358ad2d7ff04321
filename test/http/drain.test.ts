// time limit: 120 s
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from './raw-client.ts'
import { until } from './serving.ts'

const drain = suite('http drain')
const program = fileURLToPath(new URL('./drain-service.ts', import.meta.url))

/** A service in a process of its own. */
interface Running {
  readonly child: ChildProcess
  readonly port: number
  /** What it has said. */
  readonly said: readonly string[]
  readonly exitCode: Promise<number | null>
  readonly log: Promise<string>
}

const running = new Set<ChildProcess>()
drain.after.each(() => {
  for (const child of running) child.kill('SIGKILL')
})

async function started(...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const exitCode = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  const log = text(child.stderr)
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line))
  await until(() => said.length > 0)
  return { child, port: Number(new URL(said[0] as string).port), said, exitCode, log }
}

/** Whether a new connection is accepted. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function whenRefused(port: number): Promise<void> {
  for (const end = Date.now() + 5_000; await accepts(port); await sleep(5)) {
    if (Date.now() > end) throw new Error('new connections are still accepted')
  }
}

drain('SIGTERM: a request in flight is finished, the next is refused, the process exits with 0', async () => {
  const { child, port, said, exitCode, log } = await started()
  const client = await RawClient.connect(port)
  client.send(requestText('GET', '/slow'))
  await until(() => said.includes('slow'))
  child.kill('SIGTERM')
  await whenRefused(port)
  assert.is(client.received.length, 0, 'the answer is not there yet')
  const response = await client.response()
  assert.equal([response.status, response.text], [200, 'slow'])
  assert.is(response.header('connection'), 'close')
  await client.closed
  assert.is(await exitCode, 0)
  assert.is(await log, '')
})

drain('an idle connection is closed at once, while a request is still in flight', async () => {
  const { child, port, said, exitCode } = await started()
  const idle = await RawClient.connect(port)
  assert.is((await idle.send(requestText('GET', '/fast')).response()).header('connection'), 'keep-alive')
  // Longer than the time in which another request may be on its way.
  await sleep(1_100)
  const busy = await RawClient.connect(port)
  busy.send(requestText('GET', '/slow'))
  await until(() => said.includes('slow'))
  const ends: string[] = []
  void idle.closed.then(() => ends.push('idle'))
  void busy.closed.then(() => ends.push('busy'))
  const signalled = Date.now()
  child.kill('SIGTERM')
  await idle.closed
  const waited = Date.now() - signalled
  assert.ok(waited < 150, `it took ${waited} ms`)
  assert.equal(ends, ['idle'])
  assert.is((await busy.response()).text, 'slow')
  assert.is(await exitCode, 0)
})

drain('a connection that has never been used holds nothing up', async () => {
  const { child, port, exitCode } = await started()
  const silent = await RawClient.connect(port)
  child.kill('SIGTERM')
  await silent.closed
  assert.is(await exitCode, 0)
})

drain('a stream in flight is sent to its end', async () => {
  const { child, port, said, exitCode } = await started()
  const client = await RawClient.connect(port)
  client.send(requestText('GET', '/stream'))
  await until(() => said.includes('stream'))
  child.kill('SIGTERM')
  assert.is((await client.response()).text, '012345')
  await client.closed
  assert.is(await exitCode, 0)
})

drain('requests that were sent ahead are all answered', async () => {
  const { child, port, said, exitCode } = await started()
  const client = await RawClient.connect(port)
  client.send(Buffer.concat(['/slow', '/fast', '/slow'].map((path) => requestText('GET', path))))
  await until(() => said.filter((line) => line === 'slow').length === 2)
  child.kill('SIGTERM')
  const answers = [await client.response()]
  while (answers.at(-1)?.header('connection') !== 'close') answers.push(await client.response())
  assert.ok(answers.every(({ status }) => status === 200))
  assert.is(await exitCode, 0)
})

drain('at the drain deadline a stuck request gets 503, and the exit code is 1', async () => {
  const { child, port, said, exitCode, log } = await started('200')
  const client = await RawClient.connect(port)
  client.send(requestText('GET', '/stuck'))
  await until(() => said.includes('stuck'))
  child.kill('SIGTERM')
  const response = await client.response()
  assert.is(response.statusLine, 'HTTP/1.1 503 Service Unavailable')
  assert.equal([response.header('connection'), response.header('retry-after')], ['close', '1'])
  await client.closed
  assert.is(await exitCode, 1)
  assert.match(await log, /1 unfinished deliveries were released at the drain deadline/)
})

interface Load {
  answered: number
  readonly failures: string[]
  told: number
}

/** Sends one request after the other until it is told to stop. What was sent and not answered has failed. */
async function keepAsking(port: number, path: string, load: Load): Promise<void> {
  const client = await RawClient.connect(port)
  for (;;) {
    client.send(requestText('GET', path))
    try {
      const response = await client.response()
      if (response.status !== 200) load.failures.push(response.statusLine)
      load.answered++
      if (response.header('connection') === 'close') {
        load.told++
        return
      }
    } catch (error) {
      load.failures.push((error as Error).message)
      return
    }
  }
}

for (let round = 1; round <= 20; round++) {
  const path = round % 2 === 0 ? '/fast' : '/async'
  drain(`under load no request fails (${round} of 20, ${path})`, async () => {
    const { child, port, exitCode } = await started()
    const load: Load = { answered: 0, failures: [], told: 0 }
    const clients = Array.from({ length: 64 }, () => keepAsking(port, path, load))
    await until(() => load.answered > 1_000)
    child.kill('SIGTERM')
    await Promise.all(clients)
    assert.equal(load.failures, [])
    assert.is(load.told, 64, 'every client was told to stop')
    assert.is(await exitCode, 0)
  })
}

drain.run()
