// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// A queue about which the broker does not answer is no reason to give up the connections of all.
import { connect, createServer, type Socket } from 'node:net'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })
const test = suite('slow answers of RabbitMQ')

/** Where the protocol header of AMQP 0-9-1 ends, and frames begin (4.2.2). */
const headerLength = 8

/** A proxy that swallows what asks about a queue: `queue.declare` with the flag passive. */
class Swallower {
  swallowed = 0
  connections = 0
  isSwallowing = false
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((client) => this.#accept(client))

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `amqp://127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #accept(client: Socket): void {
    this.connections++
    const { hostname, port } = new URL(brokerUrl)
    const server = connect(Number(port || 5_672), hostname)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        server.destroy()
      })
    }
    server.pipe(client)
    let waiting = Buffer.alloc(0)
    let isFirst = true
    client.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes])
      if (isFirst && waiting.length >= headerLength) {
        isFirst = false
        server.write(waiting.subarray(0, headerLength))
        waiting = waiting.subarray(headerLength)
      }
      waiting = isFirst ? waiting : this.#passFrames(waiting, server)
    })
  }

  /** Hands on whole frames: type, channel, size, payload, end (4.2.3). Returns the rest. */
  #passFrames(bytes: Buffer, server: Socket): Buffer<ArrayBuffer> {
    let from = 0
    while (bytes.length - from >= 7) {
      const end = from + 7 + bytes.readUInt32BE(from + 3) + 1
      if (end > bytes.length) break
      const frame = bytes.subarray(from, end)
      if (this.isSwallowing && isPassiveDeclare(frame)) this.swallowed++
      else server.write(frame)
      from = end
    }
    return Buffer.from(bytes.subarray(from))
  }
}

function isPassiveDeclare(frame: Buffer): boolean {
  const isDeclare = frame[0] === 1 && frame.readUInt16BE(7) === 50 && frame.readUInt16BE(9) === 10
  if (!isDeclare) return false
  const nameLength = frame[13] ?? 0
  return ((frame[14 + nameLength] ?? 0) & 1) === 1
}

test('connections stay, and messages go on, while the broker is slow to say how a queue is', async () => {
  const proxy = new Swallower()
  const url = await proxy.listen()
  const topic = unique('slow')
  const bus = amqp({ url, queueTtl: '10m', inspectionInterval: 500 })
  const handled: unknown[] = []
  const service = new Service({ name: 'slow' }).on(bus.topic(topic, { queue: topic }), ({ data }) => {
    handled.push(data)
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const { connections } = proxy
  proxy.isSwallowing = true
  await until(() => proxy.swallowed === 1)
  await bus.publish(topic, 'meanwhile')
  await until(() => handled.includes('meanwhile'))
  // It has given the first question up, and asks again.
  await until(() => proxy.swallowed === 2, 'a second look')
  proxy.isSwallowing = false
  await until(() => kernel.ready)
  await bus.publish(topic, 'afterwards')
  await until(() => handled.includes('afterwards'))
  assert.is(proxy.connections, connections)
  assert.is(await kernel.stop(), 0)
  proxy.close()
})

test.run()
