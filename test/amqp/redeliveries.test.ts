// time limit: 240 s
// needs: rabbitmq
// Messages that come back without having been settled.
import { once } from 'node:events'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { type AmqpOptions, type AmqpTopicOptions, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deaths } from '../deaths.ts'
import { channelOf, consumer, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('redeliveries on RabbitMQ')
const options: AmqpOptions = { url: brokerUrl, queueTtl: '10m' }

function kindOf({ quorum }: Pick<AmqpTopicOptions, 'quorum'>): Readonly<Record<string, unknown>> {
  return quorum ? { 'x-queue-type': 'quorum' } : {}
}

/** The queue with what it sets aside, and messages in it, before anybody handles them. */
async function filled(topicOptions: Omit<AmqpTopicOptions, 'batch'>, ...messages: string[]) {
  const topic = unique('killer')
  const given = { queue: topic, ...topicOptions }
  const { kernel } = await consumer(options, topic, given, () => {})
  await kernel.stop()
  // With `declare: false` it has to exist.
  await channelOf((channel) => channel.assertQueue(`${topic}.dead`, { arguments: kindOf(topicOptions) }))
  const { bus, kernel: publishing } = await publisher(options)
  for (const message of messages) await bus.publish(topic, message)
  const dead = () => bus.deadLetterQueues.peek(`${topic}.dead`)
  return { topic, given, dead, stop: () => publishing.stop() }
}

for (const [kind, quorum] of [
  ['classic', false],
  ['quorum', true],
] as const)
  test(`${kind}: a message that kills its process is set aside after retry.redeliveries, and the next is handled`, async () => {
    const { topic, given, dead, stop } = await filled(
      { quorum, concurrency: 1, retry: { attempts: 1, redeliveries: 1 } },
      'killer',
      'innocent',
    )
    const handled = await deaths('amqp', options, topic, given)
    assert.equal(
      handled.filter(([data]) => data === 'killer'),
      [
        ['killer', 0],
        ['killer', 1],
      ],
    )
    const [letter, ...others] = await dead()
    assert.match(letter?.reason ?? '', /came back 2 times/)
    assert.is(JSON.parse(String(letter?.payload)).data, 'killer')
    assert.is(letter?.headers['x-delivery-count'], undefined)
    assert.equal(others, [])
    await stop()
  })

test('a message that kills several instances in turn is set aside, and no innocent one is', async () => {
  const innocents = Array.from({ length: 20 }, (_, index) => `innocent ${index}`)
  const { topic, given, dead, stop } = await filled(
    { concurrency: 1, retry: { redeliveries: 3 } },
    ...innocents.slice(0, 10),
    'killer',
    ...innocents.slice(10),
  )
  const handled = await deaths('amqp', options, topic, given, { atOnce: 3 })
  const counts = handled.filter(([data]) => data === 'killer').map(([, redeliveries]) => redeliveries)
  assert.equal(counts, [0, 1, 2, 3])
  const letters = await dead()
  assert.equal(
    letters.map(({ payload }) => JSON.parse(String(payload)).data),
    ['killer'],
  )
  await stop()
})

test('where nothing is declared and counts have no queue, a message that kills its process is set aside too', async () => {
  const { topic, given, dead, stop } = await filled(
    { concurrency: 1, retry: { redeliveries: 2 } },
    'killer',
    'innocent',
  )
  const handled = await deaths('amqp', { ...options, declare: false }, topic, given)
  const counts = handled.filter(([data]) => data === 'killer').map(([, redeliveries]) => redeliveries)
  assert.equal(counts, [0, 1, 2])
  assert.ok(handled.some(([data]) => data === 'innocent'))
  assert.is((await dead()).length, 1)
  await stop()
})

for (const declare of [true, false])
  test(`stops do not count, however many there are${declare ? ', and the queue keeps its order' : ''}: declare ${declare}`, async () => {
    const { topic, given, dead, stop } = await filled(
      { concurrency: 1, retry: { redeliveries: declare ? 0 : 1 } },
      'a',
      'b',
      'c',
    )
    const seen: unknown[] = []
    for (const isLast of [false, false, false, true]) {
      const bus = amqp({ ...options, declare, qos: { queuePrefetchCount: 3 } })
      let started = 0
      const service = new Service({ drainTimeout: 1 }).on(
        bus.topic(topic, given),
        async ({ data, redeliveries, signal }) => {
          started++
          assert.ok(redeliveries <= (declare ? 0 : 1))
          if (isLast) seen.push(data)
          else await once(signal, 'abort')
        },
      )
      const kernel = await new Kernel([service], { ownsProcess: false }).start()
      await until(() => started === (isLast ? 3 : 1))
      await kernel.stop()
    }
    assert.equal(declare ? seen : seen.sort(), ['a', 'b', 'c'])
    assert.equal(await dead(), [])
    await stop()
  })

test.run()
