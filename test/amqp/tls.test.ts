// time limit: 120 s
// node: 24 only
// needs: rabbitmq
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consumer, type Given, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

/** Made for localhost and 127.0.0.1, signed by itself. */
const file = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const [key, cert] = [file('localhost.key'), file('localhost.cert')]
const { hostname, port: brokerPort } = new URL(brokerUrl)

const test = suite('RabbitMQ over TLS')
let server: Server
let port = 0

/** Speaks TLS in front of the broker. */
test.before(async () => {
  server = createServer({ key, cert }, (secured) => {
    const plain = connect(Number(brokerPort || 5_672), hostname)
    secured.pipe(plain).pipe(secured)
    secured.on('error', () => plain.destroy()).on('close', () => plain.destroy())
    plain.on('error', () => secured.destroy()).on('close', () => secured.destroy())
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

test.after(() => void server.close())

test('messages are published and consumed where the authority is known', async () => {
  const topic = unique('topic')
  const handled: unknown[] = []
  const handler = ({ data }: Given) => void handled.push(data)
  for (const options of [
    { port, tls: { ca: cert } },
    { url: `amqps://127.0.0.1:${port}`, tls: { ca: cert } },
  ]) {
    const { bus, kernel } = await consumer(options, topic, { queue: topic }, handler)
    await Promise.all([1, 2, 3].map((number) => bus.publish(topic, number)))
    await until(() => handled.length === 3, 'every message arrives')
    assert.equal(handled.splice(0).sort(), [1, 2, 3])
    assert.is(await kernel.stop(), 0)
  }
})

test('a certificate of an unknown authority is refused, and so is one for another name', async () => {
  for (const [tls, reason] of [
    [true, /self-signed certificate/],
    [{ ca: cert, servername: 'elsewhere.example' }, /altnames/i],
  ] as const) {
    const error = await publisher({ port, tls, startTimeout: 300 }).catch((failure) => failure)
    assert.is(error.code, 'BROKER_UNREACHABLE')
    assert.match(error.message, reason)
  }
})

test.run()
