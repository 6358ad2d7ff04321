// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// What a service does that cannot start, or starts where nothing is to be declared.
import { createServer } from 'node:net'
import type amqplib from 'amqplib'
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { type AmqpOptions, type AmqpTopicOptions, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('starting on RabbitMQ')
const { port: brokerPort } = new URL(brokerUrl)
const port = Number(brokerPort || 5_672)

async function failure(options: AmqpOptions, topic = unique('topic'), topicOptions: AmqpTopicOptions = {}) {
  const before = performance.now()
  const bus = amqp(options)
  const service = new Service().on(bus.topic(topic, topicOptions), () => {})
  const kernel = new Kernel([service], { ownsProcess: false })
  const error: unknown = await kernel.start().catch((reason) => reason)
  assert.ok(performance.now() - before < 5_000, 'it took longer than 5 s')
  assert.instance(error, TomodachiError)
  assert.is(await kernel.stopped, 1)
  const text = JSON.stringify([
    (error as Error).message,
    (error as Error).stack,
    error,
    (error as Error).cause,
  ])
  assert.not.match(text, 'secret', 'the password stands in the error')
  return error as TomodachiError
}

test('C39 a wrong password', async () => {
  const error = await failure({ port, password: 'secret-and-wrong' })
  assert.is(error.code, 'BROKER_LOGIN_REFUSED')
  assert.match(error.message, `127.0.0.1:${port} refused the login`)
})

test('C39 a virtual host that does not exist', async () => {
  const error = await failure({ port, virtualhost: 'nowhere' })
  assert.is(error.code, 'VIRTUAL_HOST_MISSING')
  assert.match(error.message, '"nowhere"')
})

test('C39 a port on which nobody listens', async () => {
  const error = await failure({ port: 1, password: 'secret', startTimeout: 3_500 })
  assert.is(error.code, 'BROKER_UNREACHABLE')
  assert.match(error.message, 'cannot connect to the broker at 127.0.0.1:1: connect ECONNREFUSED')
})

test('C39 a host that is none', async () => {
  const error = await failure({ host: 'nowhere.invalid', startTimeout: 500 })
  assert.is(error.code, 'BROKER_UNREACHABLE')
  assert.match(error.message, /nowhere\.invalid:5672: .*(ENOTFOUND|EAI_AGAIN)/)
})

test('C39 a host that speaks something else', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0)
  const { port: other } = server.address() as { port: number }
  const error = await failure({ port: other, startTimeout: 500 })
  assert.is(error.code, 'BROKER_UNREACHABLE')
  server.close()
})

test('C39 a queue that exists with other arguments', async () => {
  const topic = unique('topic')
  await channelOf((channel) => channel.assertQueue(topic, { durable: true, maxPriority: 5 }))
  const error = await failure({ url: brokerUrl }, topic, { queue: topic })
  assert.is(error.code, 'QUEUE_MISMATCH')
  assert.match(error.message, `"${topic}" already exists with different arguments`)
  await channelOf((channel) => channel.deleteQueue(topic))
})

test('a queue, a dead-letter queue or an exchange that is missing where nothing is declared', async () => {
  const topic = unique('topic')
  const options = { url: brokerUrl, declare: false }
  const missing = async (topicOptions: AmqpTopicOptions) => {
    const { message } = await failure(options, topic, topicOptions)
    assert.match(message, 'create it there, or check its name; without declare: false the bus creates it')
    return message
  }
  assert.match(await missing({ queue: topic, exchange: topic }), `the exchange "${topic}" does not exist`)
  assert.match(await missing({ queue: topic }), `"${topic}.dead" does not exist`)
  await channelOf((channel) => channel.assertQueue(`${topic}.dead`))
  assert.match(await missing({ queue: topic }), `the queue "${topic}" does not exist`)
  await channelOf((channel) => channel.deleteQueue(`${topic}.dead`))
})

test('what exists is used where nothing is declared, and retries wait in the process', async () => {
  const topic = unique('topic')
  await channelOf(async (channel) => {
    await channel.assertQueue(topic, { durable: false })
    await channel.assertQueue(`${topic}.dead`)
    await channel.bindQueue(topic, 'amq.topic', 'another.key')
  })
  const seen: [attempt: number, at: number, key: string][] = []
  const retry = { attempts: 3, backoff: () => 300 }
  const options = { url: brokerUrl, declare: false }
  const { bus, kernel } = await consumer(
    options,
    topic,
    { queue: topic, retry },
    ({ attempt, routingKey }) => {
      seen.push([attempt, performance.now(), routingKey])
      throw new Error('never')
    },
  )
  await bus.publish('another.key', 1)
  const dead = () => channelOf(async (channel) => (await channel.checkQueue(`${topic}.dead`)).messageCount)
  await until(async () => (await dead()) === 1, 'the message is dead-lettered')
  assert.equal(
    seen.map(([attempt, , key]) => [attempt, key]),
    [1, 2, 3].map((n) => [n, 'another.key']),
  )
  const [first, second, third] = seen.map(([, at]) => at) as [number, number, number]
  assert.ok(second - first >= 290 && third - second >= 290)
  await kernel.stop()
  const queues = (channel: amqplib.Channel) => [
    channel.deleteQueue(topic),
    channel.deleteQueue(`${topic}.dead`),
  ]
  await channelOf((channel) => Promise.all(queues(channel)))
})

test('the first of several hosts that answers is taken', async () => {
  const { bus, kernel } = await publisher({ host: ['127.0.0.1:1', 'nowhere.invalid', `127.0.0.1:${port}`] })
  await bus.publish('anything', 1)
  assert.is(await kernel.stop(), 0)
})

test('it waits for a broker that comes late', async () => {
  const { FaultProxy } = await import('../chaos/proxy.ts')
  const proxy = await FaultProxy.before(brokerUrl)
  proxy.refuse()
  setTimeout(() => proxy.listen(), 700)
  const { kernel } = await publisher({ url: proxy.url })
  assert.is(await kernel.stop(), 0)
  proxy.close()
})

test.run()
