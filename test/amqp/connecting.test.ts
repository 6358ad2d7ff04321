// time limit: 240 s
// node: 24 only
// needs: rabbitmq
// How a bus connects, and what it does when that goes wrong half-way.
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { type AmqpOptions, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ownRabbitmq, type Rabbitmq } from '../brokers/rabbitmq.ts'
import { breaksOf, sweep } from '../chaos/amqp-cuts.ts'
import { consumer, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('connecting to RabbitMQ')
const { hostname, port: givenPort } = new URL(brokerUrl)
const brokerPort = Number(givenPort || 5_672)
const servers: Server[] = []

test.after(() => {
  for (const server of servers) server.close()
})

async function listening(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'))
  await until(() => server.listening, 'the server listens')
  return (server.address() as AddressInfo).port
}

/** What the start of a bus with one handler fails with. */
async function failure(options: AmqpOptions): Promise<TomodachiError> {
  const bus = amqp(options)
  const service = new Service().on(bus.topic(unique('topic')), () => {})
  const error = await new Kernel([service], { ownsProcess: false }).start().catch((reason) => reason)
  assert.instance(error, TomodachiError)
  return error
}

test('it is back, or has failed, after cuts and stalls at some bytes of its connections', async () => {
  const lines: string[] = []
  const outcome = await sweep(brokerPort, breaksOf(2_000, 401), (line) => void lines.push(line))
  const { published, confirmed, lost, late, missed, faults } = outcome
  assert.equal(
    { lost, late, missed, unconfirmed: published - confirmed },
    { lost: 0, late: 0, missed: 0, unconfirmed: 0 },
    lines.join('\n'),
  )
  assert.ok((faults.cuts ?? 0) + (faults.stalls ?? 0) >= 40, JSON.stringify(outcome))
})

for (const [what, answer] of [
  ['says nothing', Buffer.alloc(0)],
  // A frame on channel 0 of 500 bytes (AMQP 0-9-1, 4.2.3), of which two arrive.
  ['answers half of a frame', Buffer.from([1, 0, 0, 0, 0, 1, 244, 0, 10])],
] as const)
  test(`a broker that accepts connections and ${what} is left in time`, async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}).resume())
      socket.write(answer)
    })
    const port = await listening(server)
    const error = await failure({ port, startTimeout: 0, connectionTimeout: 300 })
    assert.is(error.code, 'BROKER_UNREACHABLE')
    await until(() => sockets.length > 0 && sockets.every(({ closed }) => closed), 'no socket is left')
  })

test('a broker that sends a byte now and then is left in time', async () => {
  const server = createServer((socket) => {
    const bytes = setInterval(() => socket.write(Buffer.from([1])), 50)
    socket.on('error', () => {}).on('close', () => clearInterval(bytes))
  })
  // Frames of type 1 on channel 257 with 16,843,009 bytes: a valid beginning.
  const error = await failure({ port: await listening(server), startTimeout: 0, connectionTimeout: 500 })
  assert.is(error.code, 'BROKER_UNREACHABLE')
  assert.match(error.message, /did not let us in within 500 ms/)
})

test('the next of several URLs is tried, each with its own login and query', async () => {
  const silent = await listening(createServer((socket) => void socket.on('error', () => {}).resume()))
  const good = `amqp://guest:guest@${hostname}:${brokerPort}?heartbeat=5`
  const { bus, kernel } = await publisher({
    url: [
      `amqp://127.0.0.1:${silent}?connection_timeout=100`,
      `amqp://no:body@${hostname}:${brokerPort}`,
      good,
    ],
  })
  await bus.publish('anything', 1)
  assert.is(await kernel.stop(), 0)
})

test('more handlers than a connection has channels are spread over several', async () => {
  const topics = Array.from({ length: 25 }, () => unique('topic'))
  const handled = new Set<unknown>()
  const bus = amqp({ url: `${brokerUrl}?channel_max=10`, queueTtl: '1m' })
  const service = new Service()
  for (const topic of topics)
    service.on(bus.topic(topic, { queue: topic }), ({ data }) => void handled.add(data))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  assert.ok(kernel.ready)
  await Promise.all(topics.map((topic) => bus.publish(topic, topic, { mandatory: true })))
  await until(() => handled.size === topics.length, 'each of them gets its message')
  assert.is(await kernel.stop(), 0)
})

/** Passes everything on to the broker, and keeps what clients have sent. */
async function listener(): Promise<{ readonly port: number; readonly heard: string[] }> {
  const heard: string[] = []
  const server = createServer((client) => {
    const broker = connect(brokerPort, hostname)
    client.on('data', (bytes) => void heard.push(bytes.toString('latin1')))
    client.pipe(broker).pipe(client)
    client.on('error', () => broker.destroy()).on('close', () => broker.destroy())
    broker.on('error', () => client.destroy()).on('close', () => client.destroy())
  })
  return { port: await listening(server), heard }
}

test('connections have a name: the service, or the option', async () => {
  const { port, heard } = await listener()
  for (const [connectionName, name] of [
    [undefined, 'billing'],
    ['billing of region 1', 'billing of region 1'],
  ] as const) {
    heard.length = 0
    const service = new Service({ name: 'billing', adapters: [amqp({ port, connectionName })] })
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    // A long string has its length in front (AMQP 0-9-1, 4.2.5.3).
    const field = `connection_nameS\0\0\0${String.fromCharCode(name.length)}${name}`
    assert.is(heard.filter((bytes) => bytes.includes(field)).length, 2)
    await kernel.stop()
  }
})

test('with EXTERNAL the certificate says who it is', async () => {
  const file = (name: string) =>
    readFileSync(new URL(`../fixtures/tls/localhost.${name}.pem`, import.meta.url))
  const [key, cert] = [file('key'), file('cert')]
  let answer = ''
  const server = createTlsServer({ key, cert, ca: cert, requestCert: true }, (client) => {
    const broker = connect(brokerPort, hostname)
    client.on('data', (bytes) => {
      answer += bytes.toString('latin1')
      if (answer.includes('EXTERNAL')) client.destroy()
      else broker.write(bytes)
    })
    // As the broker would offer it with its plugin for certificates.
    broker.on('data', (bytes) =>
      client.write(
        Buffer.from(
          bytes.toString('latin1').replace(/PLAIN AMQPLAIN|AMQPLAIN PLAIN/, 'EXTERNAL PLAIN'),
          'latin1',
        ),
      ),
    )
    client.on('error', () => broker.destroy()).on('close', () => broker.destroy())
    broker.on('error', () => {}).on('close', () => client.destroy())
  })
  const port = await listening(server)
  const tls = { key, cert, ca: cert }
  const options = { port, host: 'localhost', tls, authMechanism: 'EXTERNAL', startTimeout: 0 } as const
  await failure(options)
  // An empty response: a long string of no bytes (RFC 4422, appendix A.1).
  assert.ok(answer.includes('\x08EXTERNAL\0\0\0\0'))
  assert.not.match(answer, 'guest')
})

let own: Rabbitmq | undefined

test('a limit of connections is told, and one that is raised is noticed', async () => {
  own ??= await ownRabbitmq()
  if (!own) return
  const { control, url } = own
  await control('add_user', 'few', 'secret')
  await control('set_permissions', 'few', '.*', '.*', '.*')
  await control('set_user_limits', 'few', '{"max-connections": 1}')
  const limited = { url: url.replace('//', '//few:secret@') }
  const error = await failure({ ...limited, startTimeout: 500 })
  assert.is(error.code, 'CONNECTION_LIMIT')
  assert.match(error.message, 'refused another connection beside the 1 that are open')
  assert.not.match(error.message, 'secret')
  const topic = unique('topic')
  const starting = consumer({ ...limited, startTimeout: 60_000 }, topic, {}, () => {})
  await control('set_user_limits', 'few', '{"max-connections": 2}')
  const { kernel } = await starting
  await kernel.stop()
  await control('set_vhost_limits', '-p', '/', '{"max-connections": 0}')
  const refused = await failure({ ...limited, startTimeout: 500 })
  assert.is(refused.code, 'VIRTUAL_HOST_MISSING')
  assert.match(refused.message, 'connection limit is reached')
  await control('clear_vhost_limits', '-p', '/')
})

test.after(() => own?.remove())

test.run()
