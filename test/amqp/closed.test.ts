// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// The broker closes the channel or the connection because of one message. It has a broker of its own, as it limits it.
import { configureLogging } from 'tomodachi'
import type { AmqpBus } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ownRabbitmq, type Rabbitmq } from '../brokers/rabbitmq.ts'
import { channelOf, publisher, unique, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('channels that RabbitMQ closes')
let broker: Rabbitmq

test.before(async () => {
  broker = (await ownRabbitmq()) as Rabbitmq
  assert.ok(broker, 'RabbitMQ is not installed')
})
test.after(() => broker.remove())

/** Publishes a hundred messages, bad ones among them; the codes of those that were refused, by their numbers. */
async function refused(
  bus: AmqpBus,
  topic: string,
  bad: readonly number[],
  publishBad: (number: number) => Promise<void>,
): Promise<Map<number, string>> {
  const codes = new Map<number, string>()
  const publish = (number: number) => (bad.includes(number) ? publishBad(number) : bus.publish(topic, number))
  await Promise.all(
    Array.from({ length: 100 }, (_, number) => publish(number).catch(({ code }) => codes.set(number, code))),
  )
  return codes
}

/** A queue that everything on a topic goes to. */
async function queued(topic: string): Promise<() => Promise<number>> {
  await channelOf(async (channel) => {
    await channel.assertQueue(topic, { arguments: { 'x-expires': 600_000 } })
    await channel.bindQueue(topic, 'amq.topic', topic)
  }, broker.url)
  return () => channelOf(async (channel) => (await channel.checkQueue(topic)).messageCount, broker.url)
}

test('an exchange that is deleted refuses its own messages; all others are confirmed', async () => {
  const [topic, exchange] = [unique('topic'), unique('exchange')]
  const count = await queued(topic)
  const { bus, kernel } = await publisher({ url: broker.url })
  await channelOf((channel) => channel.assertExchange(exchange, 'topic'), broker.url)
  await bus.publish(topic, 1, { exchange })
  await channelOf((channel) => channel.deleteExchange(exchange), broker.url)
  const codes = await refused(bus, topic, [0, 50, 51], () => bus.publish(topic, 'bad', { exchange }))
  assert.equal(
    [...codes].sort(([one], [other]) => one - other),
    [0, 50, 51].map((number) => [number, 'BROKER_OBJECT_MISSING']),
  )
  await until(async () => (await count()) >= 97, 'all others are there')
  await kernel.stop()
})

test('a topic that the login must not publish refuses its own messages, not others of the exchange', async () => {
  const topic = unique('topic')
  const count = await queued(topic)
  await broker.control('add_user', 'some', 'some')
  await broker.control('set_permissions', 'some', '.*', '.*', '.*')
  await broker.control('set_topic_permissions', 'some', 'amq.topic', '^topic', '.*')
  const { bus, kernel } = await publisher({ port: broker.port, login: 'some', password: 'some' })
  const codes = await refused(bus, topic, [50, 51], () => bus.publish('secret', 'bad'))
  assert.equal([...codes.keys()].sort(), [50, 51])
  for (const code of codes.values()) assert.is(code, 'BROKER_REFUSED')
  await until(async () => (await count()) >= 98, 'all others are there')
  await kernel.stop()
})

test('a message that ends the connection each time is found and refused; all others are confirmed', async () => {
  const topic = unique('topic')
  await channelOf(
    (channel) => channel.assertQueue(topic, { arguments: { 'x-expires': 600_000 } }),
    broker.url,
  )
  // The default exchange, whose keys are names of queues.
  const { bus, kernel } = await publisher({ url: broker.url, exchangeName: '' })
  // RabbitMQ ends the connection where it cannot read the name of a reply queue.
  const codes = await refused(bus, topic, [50], () => bus.publish('amq.rabbitmq.reply-to.made.up', 'bad'))
  assert.equal([...codes], [[50, 'PUBLISH_REFUSED']])
  const count = () => channelOf(async (channel) => (await channel.checkQueue(topic)).messageCount, broker.url)
  await until(async () => (await count()) >= 99, 'all others are there')
  await bus.publish(topic, 'after')
  assert.is(await kernel.stop(), 0)
})

test.run()
