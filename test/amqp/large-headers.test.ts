// time limit: 120 s
// needs: rabbitmq
// Headers that leave no room for ours, and waits that one queue cannot hold.
import { configureLogging, Retry } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, envelopeOf, publisher, publishRaw, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('large headers on RabbitMQ')
const url = brokerUrl

for (const bytes of [55_000, 64_700, 65_300])
  test(`a message with ${bytes} bytes of headers that fails is dead-lettered, with all that it had`, async () => {
    const topic = unique('headers')
    let calls = 0
    const options = { queue: topic, retry: { attempts: 2, backoff: () => 10 } }
    const { bus, kernel } = await consumer({ url }, topic, options, () => {
      calls++
      throw new Error(`never ${'because '.repeat(1_000)}`)
    })
    const big = 'h'.repeat(bytes)
    await publishRaw(topic, envelopeOf('data'), { headers: { big } })
    const letters = () => bus.deadLetterQueues.peek(topic)
    await until(async () => (await letters()).length === 1, 'the dead letter')
    const [letter] = await letters()
    assert.is(letter?.headers.big, big)
    assert.is(letter?.payload, envelopeOf('data'))
    assert.match(letter?.reason ?? '', /never because|cannot be tried again/)
    assert.ok(calls <= 2)
    await kernel.stop()
  })

test('a retry after more than 46 days waits for all of them', async () => {
  const topic = unique('days')
  const after = 60 * 86_400_000
  let failed = false
  const { bus, kernel } = await consumer({ url }, topic, { queue: topic }, () => {
    failed = true
    throw new Retry({ after })
  })
  await bus.publish(topic, 1)
  await until(() => failed)
  const wait = `${topic}.retry.4000000000`
  let left: unknown
  await until(async () => {
    await channelOf(async (channel) => {
      channel.on('error', () => {})
      const message = await channel.get(wait, { noAck: true })
      if (message) left = message.properties.headers?.['x-tomodachi-wait']
    }).catch(() => {})
    return left !== undefined
  }, 'the copy')
  assert.is(left, after - 4_000_000_000)
  await kernel.stop()
  await channelOf((channel) => channel.deleteQueue(wait))
})

test('a delay of more than 46 days is refused', async () => {
  const { bus, kernel } = await publisher({ url })
  let failure: unknown
  await bus.publish('topic', 1, { delay: '47d' }).catch((error) => (failure = error))
  assert.match(String(failure), /up to 46d/)
  await kernel.stop()
})

test('a delay queue that was deleted is declared again', async () => {
  const topic = unique('delay')
  const seen: unknown[] = []
  const { bus, kernel } = await consumer({ url }, topic, { queue: topic }, ({ data }) => seen.push(data))
  const delay = 83
  await bus.publish(topic, 'first', { delay })
  await until(() => seen.length === 1, 'the first')
  for (const more of [2, 3]) {
    await channelOf((channel) => channel.deleteQueue('tomodachi.delay.amq.topic.100'))
    await bus.publish(topic, more, { delay })
    await until(() => seen.length === more, 'another')
  }
  await kernel.stop()
})

test('a classic queue that becomes a quorum queue is retried, whatever is left of its old retry queues', async () => {
  const topic = unique('kind')
  for (const quorum of [false, true]) {
    let attempts = 0
    const options = { queue: topic, quorum, retry: { attempts: 2, backoff: () => 100 } }
    const { bus, kernel } = await consumer({ url }, topic, options, ({ attempt }) => {
      attempts = attempt
      throw new Error('never')
    })
    await bus.publish(topic, String(quorum))
    await until(
      async () => (await bus.deadLetterQueues.peek(topic)).length === (quorum ? 2 : 1),
      'the letter',
    )
    assert.is(attempts, 2)
    await kernel.stop()
    await channelOf((channel) => channel.deleteQueue(topic))
  }
})

test.run()
