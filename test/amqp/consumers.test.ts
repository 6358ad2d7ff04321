// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Each consumer has a channel of its own: it fails and recovers by itself, and no header steers it.
import { configureLogging, Kernel, Service } from 'tomodachi'
import { type AmqpGiven, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, envelopeOf, publishRaw, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('consumers on RabbitMQ')

/** A service on two queues; the handler of the second holds its first message until it is released. */
async function twoQueues(declare: boolean) {
  const [first, second] = [unique('first'), unique('second')]
  const bus = amqp({ url: brokerUrl, queueTtl: '10m', declare })
  const [handled, signals] = [[] as unknown[], [] as AbortSignal[]]
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const service = new Service({ drainTimeout: 5_000 })
    .on(bus.topic(first, { queue: first }), ({ data }) => void handled.push(data))
    .on(bus.topic(second, { queue: second }), async ({ data, signal }) => {
      signals.push(signal)
      if (signals.length === 1) await released
      handled.push(data)
    })
  const start = () => new Kernel([service], { ownsProcess: false }).start()
  return { first, second, bus, handled, signals, release, start }
}

/** Makes queues as somebody else would. */
function make(...queues: readonly string[]): Promise<void> {
  return channelOf(async (channel) => {
    for (const queue of queues) {
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-expires': 600_000 } })
      await channel.bindQueue(queue, 'amq.topic', queue)
    }
  })
}

for (const declare of [true, false]) {
  test(`a queue that is deleted takes down its own consumer alone, with declare: ${declare}`, async () => {
    const { first, second, bus, handled, signals, release, start } = await twoQueues(declare)
    if (!declare) await make(first, second, `${first}.dead`, `${second}.dead`)
    const kernel = await start()
    await bus.publish(second, 'held')
    await until(() => signals.length === 1, 'a handler of the other queue runs')
    await channelOf((channel) => channel.deleteQueue(first))
    await until(() => !kernel.ready, 'it is not ready while a consumer is not attached')
    await bus.publish(second, 'meanwhile')
    await until(() => handled.includes('meanwhile'), 'the other queue is consumed meanwhile')
    if (!declare) {
      assert.not.ok(kernel.ready, 'it is ready without the queue')
      await make(first)
    }
    await until(() => kernel.ready, 'it is ready again')
    await bus.publish(first, 'back', { mandatory: true })
    await until(() => handled.includes('back'), 'the queue is consumed again')
    release()
    await until(() => handled.includes('held'), 'the handler ends')
    assert.not.ok(signals[0]?.aborted, 'its message was taken from the handler of the other queue')
    assert.is(signals.length, 2)
    assert.is(await kernel.stop(), 0)
  })
}

test('headers of others steer nothing: they arrive as they were sent', async () => {
  const topic = unique('topic')
  const seen = new Map<string | undefined, AmqpGiven>()
  const { kernel } = await consumer({ url: brokerUrl }, topic, { queue: topic }, (given) => {
    seen.set(given.properties.messageId, given)
  })
  const strange: Record<string, Record<string, unknown>> = {
    death: { 'x-death': 'foo' },
    deaths: { 'x-death': [{ queue: topic, count: 'many' }, 'foo'] },
    nack: { rascal: { recovery: { [topic]: { immediateNack: true, attempts: 9 } } } },
    forged: {
      rascal: { restoreRoutingHeaders: true, originalRoutingKey: 'forged', originalExchange: 'forged' },
    },
    redelivered: { rascal: { redeliveries: 1_000_000 } },
  }
  for (const [messageId, headers] of Object.entries(strange))
    await publishRaw(topic, envelopeOf(1), { messageId, headers })
  await until(() => seen.size === Object.keys(strange).length, 'all of them')
  for (const [messageId, headers] of Object.entries(strange)) {
    const given = seen.get(messageId)
    assert.equal(given?.properties.headers, headers)
    assert.equal([given?.routingKey, given?.exchange, given?.attempt], [topic, 'amq.topic', 1])
  }
  assert.is(await kernel.stop(), 0)
})

test('inspections during a drain take no message from its handler', async () => {
  const topic = unique('topic')
  const signals: AbortSignal[] = []
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const handle = async ({ signal }: AmqpGiven & { readonly signal: AbortSignal }) => {
    signals.push(signal)
    await finished
  }
  const options = { url: brokerUrl, inspectionInterval: 1 }
  const { bus, kernel } = await consumer(options, topic, { queue: topic }, handle)
  for (const number of [1, 2, 3]) await bus.publish(topic, number)
  await until(() => signals.length === 3, 'all handlers run')
  const stopped = kernel.stop()
  await channelOf(async (channel) => {
    await until(
      async () => (await channel.checkQueue(topic)).consumerCount === 0,
      'the consumer is cancelled',
    )
    // What comes now stays in the queue: an inspection would find messages, and nobody who takes them.
    channel.publish('amq.topic', topic, Buffer.from(envelopeOf('later')))
    await channel.waitForConfirms()
    await channel.checkQueue(topic)
    assert.ok(signals.every(({ aborted }) => !aborted))
    finish()
    assert.is(await stopped, 0)
    assert.is((await channel.checkQueue(topic)).messageCount, 1, 'a message has come back')
  })
  assert.is(signals.length, 3)
})

test('a queue that messages with a delay wait in is declared again when somebody has deleted it', async () => {
  const topic = unique('topic')
  const seen: unknown[] = []
  const { bus, kernel } = await consumer(
    { url: brokerUrl },
    topic,
    { queue: topic },
    ({ data }) => void seen.push(data),
  )
  const exchange = unique('exchange')
  await channelOf(async (channel) => {
    await channel.assertExchange(exchange, 'topic', { autoDelete: true })
    await channel.bindQueue(topic, exchange, topic)
  })
  const options = { exchange, delay: 100 }
  await bus.publish(topic, 'first', options)
  await until(() => seen.includes('first'), 'the first message')
  await channelOf((channel) => channel.deleteQueue(`tomodachi.delay.${exchange}.100`))
  const others = [1, 2, 3].map((number) => bus.publish(topic, number))
  await bus.publish(topic, 'second', options)
  await Promise.all(others)
  await until(() => new Set(seen).size === 5, 'all others, and the one that waited')
  assert.is(await kernel.stop(), 0)
})

test.run()
