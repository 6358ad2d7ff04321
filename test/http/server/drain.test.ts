// time limit: 400 s
// coverage: none
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../rounds.ts'
import { RawClient, requestText } from '../raw-client.ts'
import { until } from '../serving.ts'
import { endAll, keepAsking, Load, started } from './draining.ts'

const drain = suite('http drain')
drain.after.each(endAll)

/** Whether a new connection is accepted. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function whenRefused(port: number): Promise<void> {
  await until(async () => !(await accepts(port)), 'new connections are refused')
}

drain('SIGTERM: a request in flight is finished, the next is refused, the process exits with 0', async () => {
  const { child, port, said, exitCode, log, release } = await started()
  const client = await RawClient.connect(port)
  client.send(requestText('GET', '/slow'))
  await until(() => said.includes('slow'))
  child.kill('SIGTERM')
  await whenRefused(port)
  assert.is(client.received.length, 0, 'the answer is not there yet')
  release()
  const response = await client.response()
  assert.equal([response.status, response.text], [200, 'slow'])
  assert.is(response.header('connection'), 'close')
  await client.closed
  assert.is(await exitCode, 0)
  assert.is(await log, '')
})

drain('an idle connection is closed at once, while a request is still in flight', async () => {
  const { child, port, said, exitCode, release } = await started()
  const idle = await RawClient.connect(port)
  assert.is((await idle.send(requestText('GET', '/fast')).response()).header('connection'), 'keep-alive')
  // Longer than the time in which another request may be on its way.
  await sleep(1_100)
  const busy = await RawClient.connect(port)
  busy.send(requestText('GET', '/slow'))
  await until(() => said.includes('slow'))
  child.kill('SIGTERM')
  await idle.closed
  release()
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
  const { child, port, said, exitCode, release } = await started()
  const client = await RawClient.connect(port)
  client.send(Buffer.concat(['/slow', '/fast', '/slow'].map((path) => requestText('GET', path))))
  await until(() => said.filter((line) => line === 'slow').length === 2)
  child.kill('SIGTERM')
  await whenRefused(port)
  release()
  const answers = [await client.response(), await client.response(), await client.response()]
  assert.equal(
    answers.map(({ status, text }) => [status, text]),
    [
      [200, 'slow'],
      [200, 'fast'],
      [200, 'slow'],
    ],
  )
  assert.is(answers.at(-1)?.header('connection'), 'close')
  assert.is(await exitCode, 0)
})

drain('at the drain deadline a stuck request gets 503, and the exit code is 1', async () => {
  const { child, port, said, exitCode, log } = await started({ drainTimeout: 200 })
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

const times = rounds(12, 4)
for (let round = 1; round <= times; round++) {
  const path = round % 2 === 0 ? '/fast' : '/async'
  drain(`under load no request fails (${round} of ${times}, ${path})`, async () => {
    const { child, port, exitCode } = await started()
    const load = new Load()
    const clients = Array.from({ length: 64 }, () => keepAsking(port, path, load))
    await until(() => load.answered > 500 && load.begun === 64)
    load.stop(() => child.kill('SIGTERM'))
    await Promise.all(clients)
    assert.equal(load.failures, [])
    assert.is(load.told + load.late, 64, 'every client that asked in time was told to stop')
    assert.is(await exitCode, 0)
  })
}

drain.run()
