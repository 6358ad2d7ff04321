// time limit: 120 s
// node: 24 only
// needs: redis
// Connections that are cut, or stall, while they are made.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { redis } from 'tomodachi/redis'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { consuming, unique, until } from './scene.ts'
import { serverUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('cuts on Redis')
const { hostname, port: serverPort } = new URL(serverUrl)

/** Passes on what the server says, the connection of this number only up to so many bytes; then it is cut. */
function cutting(number: number, bytes: number) {
  let count = 0
  return createServer((client) => {
    const isBad = count++ === number
    const server = connect(Number(serverPort || 6_379), hostname)
    let left = isBad ? bytes : Number.POSITIVE_INFINITY
    client.on('data', (data) => server.write(data))
    server.on('data', (data) => {
      client.write(data.subarray(0, Math.min(left, data.length)))
      left -= data.length
      if (left < 0) client.destroy()
    })
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as [Socket, Socket][])
      one.on('error', () => {}).on('close', () => other.destroy())
  }).listen(0)
}

for (const bytes of [0, 1, 5, 12, 40, 300, 5_000]) {
  test(`connections that are cut after ${bytes} bytes are made anew, and messages come`, async () => {
    for (const number of [0, 1]) {
      const proxy = cutting(number, bytes)
      const bus = redis({
        port: (proxy.address() as AddressInfo).port,
        prefix: unique('cuts'),
        startTimeout: '30s',
      })
      const handled: unknown[] = []
      const kernel = await consuming(bus, 'topic', { queue: 'queue' }, ({ data }) => handled.push(data))
      await bus.publish('topic', 'arrives')
      await until(() => handled.includes('arrives'))
      assert.is(await kernel.stop(), 0)
      proxy.close()
    }
  })
}

test('a server that never answers is named with how long it was silent', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0)
  const { port } = silent.address() as AddressInfo
  const service = new Service({ adapters: [redis({ port, startTimeout: 0 })] })
  const error = await new Kernel([service], { ownsProcess: false }).start().catch((failure) => failure)
  assert.is(error.code, 'BROKER_UNREACHABLE')
  assert.match(error.message, `127.0.0.1:${port}: the server has not answered for 10000 ms`)
  // Nothing is left open there.
  await new Promise((resolve) => silent.close(resolve))
})

test.run()
