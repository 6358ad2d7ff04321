// time limit: 180 s
// needs: rabbitmq
// Queues with limits: of deliveries, and of messages.
import { EventEmitter, once } from 'node:events'
import { configureLogging, Kernel, Retry, Service } from 'tomodachi'
import { type AmqpOptions, type AmqpTopicOptions, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ownRabbitmq, type Rabbitmq } from '../brokers/rabbitmq.ts'
import { channelOf, consumer, publisher, unique, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('limits on RabbitMQ')

let broker: Rabbitmq
let options: AmqpOptions

test.before(async () => {
  broker = (await ownRabbitmq()) as Rabbitmq
  const { url } = broker
  options = { url, queueTtl: '10m' }
  await broker.control('set_policy', 'limit', '.*', '{"delivery-limit":3}', '--apply-to', 'queues')
})
test.after(() => broker.remove())

/** A queue with a message in it. */
async function filled(topicOptions: AmqpTopicOptions) {
  const topic = unique('limited')
  const given = { queue: topic, ...topicOptions }
  const { kernel } = await consumer(options, topic, given as object, () => {})
  await kernel.stop()
  const { bus, kernel: publishing } = await publisher(options)
  await bus.publish(topic, 'message', { headers: { own: 'kept' } })
  return { topic, given, letters: bus.deadLetterQueues, stop: () => publishing.stop() }
}

test('a delivery limit on a queue of several topics: the message is kept for the rule of its own handler', async () => {
  const { topic, given, letters, stop } = await filled({ quorum: true })
  const others = unique('others')
  const seen: number[] = []
  for (const isLast of [false, false, false, false, true]) {
    const bus = amqp(options)
    const shared = given as { queue: string }
    const started = new EventEmitter()
    const service = new Service({ drainTimeout: 1 })
      .on(bus.topic(others, { ...shared, retry: { redeliveries: 0 } }), () => {})
      .on(bus.topic(topic, { ...shared, retry: { redeliveries: 10 } }), async ({ redelivered, signal }) => {
        seen.push(Number(redelivered))
        started.emit('one')
        if (!isLast) await once(signal, 'abort')
      })
    const one = once(started, 'one')
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    await one
    await kernel.stop()
  }
  assert.is(seen.length, 5)
  assert.equal(await letters.peek(`${topic}.dead`), [])
  await stop()
})

test('a delivery limit: stops that give a message back do not end in its loss', async () => {
  const { topic, given, letters, stop } = await filled({ quorum: true, retry: { redeliveries: 1 } })
  const handled: unknown[] = []
  for (let count = 0; count < 8; count++) {
    const bus = amqp(options)
    let started = false
    const service = new Service({ drainTimeout: 1 }).on(
      bus.topic(topic, given as object),
      async ({ headers, signal }) => {
        started = true
        if (count === 7) handled.push(headers)
        else await once(signal, 'abort')
      },
    )
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    await until(() => started, `start number ${count}`)
    await kernel.stop()
  }
  assert.is((handled[0] as Record<string, unknown>).own, 'kept')
  assert.equal(await letters.peek(`${topic}.dead`), [])
  await stop()
})

test('a delivery limit: what others give back too often is in the dead-letter queue, which can be redriven', async () => {
  const { topic, given, letters, stop } = await filled({ quorum: true })
  await channelOf(async (channel) => {
    for (let count = 0; count < 4; count++) {
      let message = await channel.get(topic)
      while (!message) message = await channel.get(topic)
      channel.nack(message)
    }
  }, broker.url)
  await until(async () => (await letters.peek(`${topic}.dead`)).length === 1, 'the dead letter')
  const [letter] = await letters.peek(`${topic}.dead`)
  assert.equal([letter?.topic, letter?.queue, letter?.headers.own], [topic, topic, 'kept'])
  assert.match(letter?.reason ?? '', /delivery_limit/)
  assert.is(await letters.redrive(`${topic}.dead`), 1)
  const seen: unknown[] = []
  const { kernel } = await consumer(options, topic, given as object, ({ data, routingKey }) =>
    seen.push([data, routingKey]),
  )
  await until(() => seen.length === 1, 'the message')
  assert.equal(seen, [['message', topic]])
  await kernel.stop()
  await stop()
})

test('a delivery limit: dead letters can be looked at as often as one likes', async () => {
  const { topic, given, letters, stop } = await filled({ quorum: true, retry: { attempts: 1 } })
  const { kernel } = await consumer(options, topic, given as object, () => {
    throw new Error('never')
  })
  await until(async () => (await letters.peek(`${topic}.dead`)).length === 1, 'the dead letter')
  await kernel.stop()
  const looks: unknown[] = []
  for (let count = 0; count < 8; count++) looks.push(...(await letters.peek(`${topic}.dead`)))
  assert.is(looks.length, 8)
  assert.equal(looks[7], looks[0])
  await stop()
})

/** Messages in all queues in which retries wait. */
async function waiting(topic: string): Promise<number> {
  const listed = await broker.control('list_queues', 'name', 'messages')
  const counts = listed.split('\n').map((line) => line.split('\t'))
  const isWait = (name = '') => name.startsWith(topic) && name.includes('retry.')
  return counts.reduce((sum, [name, count]) => (isWait(name) ? sum + Number(count) : sum), 0)
}

for (const [limit, quorum] of [
  [{ 'x-overflow': 'reject-publish' }, false],
  [{ 'x-overflow': 'reject-publish' }, true],
  [{}, false],
] as const)
  test(`a full queue takes its retries back: ${JSON.stringify({ ...limit, quorum })}`, async () => {
    const topic = unique('full')
    const failed = new Set<unknown>()
    const done: unknown[] = []
    const gate = new EventEmitter()
    const given = { queue: topic, concurrency: 1, quorum, arguments: { 'x-max-length': 2, ...limit } }
    const bus1 = { ...options, qos: { queuePrefetchCount: 1 } }
    const { bus, kernel } = await consumer(bus1, topic, given, async ({ data }) => {
      if (data === 'blocker') await once(gate, 'open')
      else if (String(data).startsWith('retried') && !failed.has(data)) {
        failed.add(data)
        throw new Retry({ after: 300 })
      }
      done.push(data)
    })
    const retried = ['retried 1', 'retried 2', 'retried 3']
    for (const text of retried) {
      await bus.publish(topic, text)
      await until(() => failed.has(text), text)
    }
    const others = ['blocker', 'filler 1', 'filler 2']
    for (const text of others) await bus.publish(topic, text)
    await until(async () => (await waiting(topic)) === 0, 'the waits are over')
    gate.emit('open')
    await until(() => done.length === 6, 'all of them')
    assert.equal([...done].sort(), [...others, ...retried])
    await kernel.stop()
  })

test('a small frame_max: what fails is dead-lettered, and nothing ends the connection', async () => {
  const topic = unique('frame')
  await broker.control('eval', 'application:set_env(rabbit, frame_max, 8192).')
  const given = { queue: topic, retry: { attempts: 2, backoff: () => 10 } }
  const { bus, kernel } = await consumer(options, topic, given, () => {
    throw new Error(`never ${'because '.repeat(1_000)}`)
  })
  await bus.publish(topic, 'data', { headers: { big: 'h'.repeat(6_000) } })
  await until(async () => (await bus.deadLetterQueues.peek(topic)).length === 1, 'the dead letter')
  const [letter] = await bus.deadLetterQueues.peek(topic)
  assert.is(String(letter?.headers.big).length, 6_000)
  await kernel.stop()
})

test.run()
