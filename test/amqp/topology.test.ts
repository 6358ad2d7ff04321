// time limit: 180 s
// node: 24 only
// needs: rabbitmq
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, type Given, unique, until } from './scene.ts'
import { amqpWorld, brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('topology on RabbitMQ')
const url = brokerUrl

test('queues have the arguments that their topics ask for', async () => {
  const cases = [
    [
      { quorum: true },
      {
        'x-expires': 600_000,
        'x-queue-type': 'quorum',
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'aside',
      },
    ],
    // What expires, or is too much, is dropped as was asked for.
    [
      { quorum: true, messageTtl: 5_000 },
      { 'x-expires': 600_000, 'x-queue-type': 'quorum', 'x-message-ttl': 5_000 },
    ],
    [
      { maxPriority: 5, messageTtl: 5_000 },
      { 'x-expires': 600_000, 'x-max-priority': 5, 'x-message-ttl': 5_000 },
    ],
    [{ queueTtl: 0, arguments: { 'x-max-length': 7 } }, { 'x-max-length': 7 }],
  ] as const
  for (const [options, expected] of cases) {
    const topic = unique('topic')
    const { bus, kernel } = await consumer(
      { url },
      topic,
      { queue: topic, deadLetter: 'aside', ...options },
      () => {},
    )
    await bus.publish(topic, 1)
    // With other arguments, the broker would refuse to declare it.
    await channelOf((channel) => channel.assertQueue(topic, { durable: true, arguments: expected }))
    await kernel.stop()
    await channelOf((channel) => channel.deleteQueue(topic))
  }
})

test('a quorum queue is retried and dead-lettered by quorum queues', async () => {
  const [topic, world] = [unique('topic'), await amqpWorld()]
  const options = { queue: topic, quorum: true, retry: { attempts: 2, backoff: () => 100 } }
  const { bus, kernel } = await consumer({ url }, topic, options, () => {
    throw new Error('never')
  })
  await bus.publish(topic, 1)
  await until(async () => (await world.deadLetters(`${topic}.dead`)).length === 1, 'a dead letter')
  await channelOf((channel) =>
    channel.assertQueue(`${topic}.dead`, { durable: true, arguments: { 'x-queue-type': 'quorum' } }),
  )
  await kernel.stop()
  await world.close()
})

test('a topic may have an exchange of its own, which is declared', async () => {
  const [topic, exchange] = [unique('topic'), unique('exchange')]
  const seen: Given[] = []
  const { bus, kernel } = await consumer(
    { url },
    topic,
    { queue: topic, exchange },
    (given) => void seen.push(given),
  )
  await bus.publish(topic, 1, { exchange, mandatory: true })
  await until(() => seen.length === 1, 'the message')
  assert.is(seen[0]?.exchange, exchange)
  await channelOf(async (channel) => {
    await channel.assertExchange(exchange, 'topic', { durable: true })
    await channel.deleteExchange(exchange)
  })
  await kernel.stop()
})

test.run()
