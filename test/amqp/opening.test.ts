// time limit: 60 s
// needs: rabbitmq
// What comes from the broker together with the answer that opens a connection.
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('opening a connection to RabbitMQ')
const { hostname, port: brokerPort, username, password } = new URL(brokerUrl)
/** Class and method of connection.open-ok (AMQP 0-9-1, 1.4.2.8). */
const openOk = Buffer.from([0, 10, 0, 41])

/** A frame that closes the connection (AMQP 0-9-1, 1.4.2.9). */
function closing(code: number, text: string): Buffer {
  const method = [0, 10, 0, 50, code >> 8, code & 255, text.length, ...Buffer.from(text), 0, 0, 0, 0]
  return Buffer.from([1, 0, 0, 0, 0, 0, method.length, ...method, 206])
}

/** Sends `extra` in the packet of the open-ok to the first `times` connections. */
function proxy(extra: Buffer, times: number): Server {
  let connections = 0
  return createServer((client) => {
    const isMeant = ++connections <= times
    const broker = connect(Number(brokerPort || 5_672), hostname)
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const)
      from.on('error', () => {}).on('close', () => to.destroy())
    client.pipe(broker)
    broker.on('data', (bytes) =>
      client.write(isMeant && bytes.includes(openOk) ? Buffer.concat([bytes, extra]) : bytes),
    )
  })
}

for (const [what, extra] of [
  ['an internal error', closing(541, 'INTERNAL_ERROR')],
  ['a forced close', closing(320, 'CONNECTION_FORCED')],
  ['a frame of a channel that is not open', Buffer.from([1, 0, 9, 0, 0, 0, 4, 0, 20, 0, 11, 206])],
  ['bytes that are not a frame', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
] as const)
  test(`${what} in the packet of the open-ok is a failed try, for either connection`, async () => {
    for (const times of [1, 2]) {
      const server = proxy(extra, times).listen(0, '127.0.0.1')
      await until(() => server.listening)
      const { port } = server.address() as AddressInfo
      const options = { port, startTimeout: '20s', queueTtl: '1m' } as const
      const bus = amqp({ ...options, login: username || 'guest', password: password || 'guest' })
      const topic = unique('opening')
      const seen: unknown[] = []
      const service = new Service().on(bus.topic(topic), ({ data }) => void seen.push(data))
      const kernel = await new Kernel([service], { ownsProcess: false }).start()
      await bus.publish(topic, times)
      await until(() => seen.length > 0)
      assert.equal(seen, [times])
      await kernel.stop()
      server.close()
    }
  })

test.run()
