// time limit: 180 s
// node: 24 only
// needs: rabbitmq
import { Socket } from 'node:net'
import { configureLogging } from 'tomodachi'
import type { AmqpProperties } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('publishing to RabbitMQ')
const url = brokerUrl

/** How often sockets are written to while something is done. */
async function writesDuring(work: () => Promise<unknown>): Promise<number> {
  const { _write, _writev } = Socket.prototype
  let writes = 0
  Object.assign(Socket.prototype, {
    _write(...parameters: Parameters<Socket['_write']>) {
      writes++
      _write.apply(this, parameters)
    },
    _writev(...parameters: Parameters<NonNullable<Socket['_writev']>>) {
      writes++
      _writev?.apply(this, parameters)
    },
  })
  await work()
  Object.assign(Socket.prototype, { _write, _writev })
  return writes
}

test('what is written in one turn goes out together, acks too', async () => {
  const topic = unique('topic')
  let [running, handled] = [0, 0]
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const { bus, kernel } = await consumer({ url }, topic, { queue: topic, concurrency: 50 }, async () => {
    running++
    await finished
    handled++
  })
  const published = await writesDuring(() =>
    Promise.all(Array.from({ length: 50 }, (_, number) => bus.publish(topic, number))),
  )
  assert.ok(published <= 5, `${published} writes for 50 messages`)
  await until(() => running === 50, 'all handlers run')
  const acked = await writesDuring(async () => {
    finish()
    await until(() => handled === 50, 'all handlers have finished')
  })
  assert.ok(acked <= 5, `${acked} writes for 50 acks`)
  await channelOf(async (channel) => {
    await until(async () => (await channel.checkQueue(topic)).messageCount === 0, 'the queue is empty')
  })
  await kernel.stop()
})

test('messages are persistent, with an identity and a content type', async () => {
  const topic = unique('topic')
  const { bus, kernel } = await publisher({ url, routingKeyPrefix: 'prefix.' })
  await channelOf(async (channel) => {
    await channel.assertQueue(topic, { exclusive: true })
    await channel.bindQueue(topic, 'amq.topic', `prefix.${topic}`)
    await bus.publish(topic, { a: 1 }, { headers: { own: 1 }, priority: 7 })
    const message = await channel.get(topic, { noAck: true })
    assert.ok(message)
    const { deliveryMode, contentType, messageId, priority, headers } = message.properties
    assert.equal([deliveryMode, contentType, priority, headers], [2, 'application/json', 7, { own: 1 }])
    assert.match(String(messageId), /^[\da-f-]{36}$/)
  })
  await kernel.stop()
})

test('a message has the properties that are given, and handlers are given them on each attempt', async () => {
  const topic = unique('topic')
  const seen: AmqpProperties[] = []
  const options = { queue: topic, retry: { backoff: () => 10 } }
  const { bus, kernel } = await consumer({ url }, topic, options, ({ properties, attempt }) => {
    seen.push(properties)
    if (attempt === 1) throw new Error('not yet')
  })
  const given = {
    ...{
      type: 'order',
      appId: 'shop',
      userId: 'guest',
      messageId: 'm-1',
      correlationId: 'c-1',
      replyTo: 'answers',
    },
    priority: 3,
  }
  const timestamp = new Date('2026-01-31T08:00:00.900Z')
  await bus.publish(topic, 1, { ...given, timestamp, persistent: false, expiration: '1m' })
  await until(() => seen.length === 2, 'it is handled twice')
  for (const [place, properties] of seen.entries()) {
    const { headers: _, contentType, deliveryMode, expiration, timestamp: seconds, ...others } = properties
    assert.equal([contentType, seconds], ['application/json', Date.parse('2026-01-31T08:00:00Z') / 1_000])
    const set = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined))
    const { userId, ...kept } = given
    // A copy is ours: it is persistent, and neither somebody else's nor dropped after a while.
    assert.equal(set, place === 0 ? given : kept)
    assert.equal([deliveryMode, expiration], place === 0 ? [1, '60000'] : [2, undefined])
  }
  assert.is(await kernel.stop(), 0)
})

test('a message expires where nobody takes it, and the user of another is refused without its neighbours', async () => {
  const topic = unique('topic')
  const { bus, kernel } = await publisher({ url })
  await channelOf(async (channel) => {
    await channel.assertQueue(topic, { exclusive: true })
    await channel.bindQueue(topic, 'amq.topic', topic)
    const wrong = bus.publish(topic, 'wrong', { userId: 'somebody' }).catch((error) => error)
    await Promise.all([bus.publish(topic, 'short', { expiration: 50 }), bus.publish(topic, 'long')])
    assert.is((await wrong).code, 'PUBLISH_REFUSED')
    assert.match((await wrong).message, "user_id property set to 'somebody'")
    await until(async () => (await channel.checkQueue(topic)).messageCount === 1, 'one has expired')
  })
  await kernel.stop()
})

test('a message that no queue takes is an error where it is asked for', async () => {
  const { bus, kernel } = await publisher({ url })
  await bus.publish(unique('nobody'), 1)
  const publish = () => bus.publish(unique('nobody'), 1, { mandatory: true })
  for (const error of await Promise.all([1, 2, 3].map(() => publish().catch((reason) => reason))))
    assert.is(error.code, 'PUBLISH_UNROUTABLE')
  await kernel.stop()
})

test('headers that AMQP cannot carry are refused, and nobody else suffers', async () => {
  const topic = unique('topic')
  const { bus, kernel } = await publisher({ url })
  const bad = bus.publish(topic, 1, { headers: { big: 1n } }).catch((error) => error)
  const good = bus.publish(topic, 1)
  assert.is((await bad).code, 'PAYLOAD_UNBUILDABLE')
  await good
  await kernel.stop()
})

test('messages that make the broker close the channel fail alone, each of their neighbours is confirmed', async () => {
  const topic = unique('topic')
  const handled = new Set<unknown>()
  const { bus, kernel } = await consumer(
    { url },
    topic,
    { queue: topic },
    ({ data }) => void handled.add(data),
  )
  const publishes = Array.from({ length: 60 }, (_, number) =>
    bus.publish(topic, number, number % 20 === 10 ? { headers: { CC: 'no list' } } : {}).then(
      () => 'confirmed',
      (error) => error.code,
    ),
  )
  for (const [number, outcome] of (await Promise.all(publishes)).entries())
    assert.is(outcome, number % 20 === 10 ? 'PUBLISH_REFUSED' : 'confirmed', `message ${number}`)
  await until(() => handled.size === 57, 'what was confirmed is handled')
  await kernel.stop()
})

test.run()
