// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Exclusive and auto-delete queues, and which consumer gets messages first.
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('kinds of queues and consumers')
const url = brokerUrl

/** Whether a queue exists. */
function exists(queue: string): Promise<boolean> {
  return channelOf((channel) => {
    channel.on('error', () => {})
    return channel.checkQueue(queue).then(
      () => true,
      (error) => !/no queue/i.test(error.message) || Promise.reject(error),
    )
  }).catch(() => false)
}

for (const option of ['exclusive', 'autoDelete'] as const) {
  test(`a queue with ${option} is gone with its consumer, and messages are retried before`, async () => {
    const topic = unique('topic')
    const attempts: number[] = []
    const options = { queue: topic, [option]: true, retry: { backoff: () => 10 } }
    const { bus, kernel } = await consumer({ url }, topic, options, ({ attempt }) => {
      attempts.push(attempt)
      if (attempt === 1) throw new Error('not yet')
    })
    if (option === 'exclusive')
      await channelOf(async (channel) => {
        channel.on('error', () => {})
        await channel.checkQueue(topic).then(
          () => assert.unreachable('another connection may use it'),
          ({ message }) => assert.match(message, 'RESOURCE_LOCKED'),
        )
      }).catch((error) => assert.match(String(error), /closed|RESOURCE_LOCKED/i))
    await bus.publish(topic, 1)
    await until(() => attempts.length === 2, 'it is handled twice')
    assert.is(await kernel.stop(), 0)
    assert.not.ok(await exists(topic), 'the queue is still there')
  })
}

test('a consumer of higher priority gets the messages, and the other is not taken for deaf', async () => {
  const topic = unique('topic')
  const by: string[] = []
  const start = (name: string, consumerPriority?: number) =>
    consumer(
      { url, inspectionInterval: 20 },
      topic,
      { queue: topic, consumerPriority },
      () => void by.push(name),
    )
  const low = await start('low')
  const high = await start('high', 10)
  for (let number = 0; number < 20; number++) await high.bus.publish(topic, number)
  await until(() => by.length === 20, 'all are handled')
  assert.equal(new Set(by), new Set(['high']))
  assert.is(await high.kernel.stop(), 0)
  await low.bus.publish(topic, 'then')
  await until(() => by.length === 21, 'the other takes over')
  assert.is(await low.kernel.stop(), 0)
})

test('a single active consumer gets all messages, and another takes over', async () => {
  const topic = unique('topic')
  const by: string[] = []
  const start = (name: string) =>
    consumer({ url }, topic, { queue: topic, singleActiveConsumer: true }, () => void by.push(name))
  const one = await start('one')
  const other = await start('other')
  for (let number = 0; number < 10; number++) await other.bus.publish(topic, number)
  await until(() => by.length === 10, 'all are handled')
  assert.equal(new Set(by), new Set(['one']))
  assert.is(await one.kernel.stop(), 0)
  await other.bus.publish(topic, 'then')
  await until(() => by.at(-1) === 'other', 'the other takes over')
  assert.is(await other.kernel.stop(), 0)
})

test.run()
