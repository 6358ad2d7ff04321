import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kernel, manualClock, Service } from 'tomodachi'
import { type HttpOptions, http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { turn } from '../kernel/fake-adapter.ts'
import { leftBehind, stoppedAtDeadlines } from '../kernel/left-behind.ts'
import { quiet, started } from '../kernel/started.ts'
import { until } from '../until.ts'
import { Client, dropClients, openDeaf } from './client.ts'

const late = suite('late ends of websockets')
late.before(quiet)
late.after.each(dropClients)

/** A service that sends back what clients send, and knows them as a room. */
function echoing(options: Partial<HttpOptions> = {}) {
  const api = http({ port: 0, accessLog: false, ...options })
  const ws = websocket(api, { accessLog: false })
  const service = new Service().on(ws.path('/'), ({ socket }) => {
    socket.join('all')
    return { message: (message) => void socket.send(message) }
  })
  const prove = async (kernel: Kernel) => {
    for (let turns = 0; turns < 20; turns++) await turn()
    assert.is(kernel.ready, true)
    const client = await Client.open(api, '/')
    client.send('here')
    assert.equal(await client.messages(1), ['here'])
    assert.is(ws.to('all').size, 1)
    assert.is(await kernel.stop(), 0)
    assert.equal(await client.end(), [1001, ''])
  }
  return { api, service, prove }
}

late('a close that ends after its kernel was stopped leaves the next run alone', async () => {
  const { api, service, prove } = echoing()
  const clock = manualClock()
  const first = new Kernel([service], { ownsProcess: false, clock })
  await first.start()
  // It never answers the closing handshake.
  const deaf = await openDeaf(api, '/')
  await stoppedAtDeadlines(first, clock)
  const kernel = await started(service)
  deaf.destroy()
  await until(() => deaf.closed, 'the client is gone')
  await prove(kernel)
})

const withPipes = process.platform !== 'win32' ? late : late.skip

withPipes('a start whose server starts after its kernel was stopped leaves the next run alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'late-'))
  const pipe = join(folder, 'access.log')
  // To open a pipe waits until somebody reads it.
  execFileSync('mkfifo', [pipe])
  const { service, prove } = echoing({ accessLog: pipe })
  await leftBehind(service)
  const starting = started(service)
  await turn()
  const reader = await open(pipe, 'r')
  const reading = reader.readFile()
  await prove(await starting)
  await reading
  await reader.close()
  rmSync(folder, { recursive: true })
})

late.run()
