// time limit: 240 s
// needs: rabbitmq
// Where the counts of redeliveries stand, and what happens to them.
import amqplib from 'amqplib'
import { configureLogging } from 'tomodachi'
import type { AmqpOptions } from 'tomodachi/amqp'
import * as assert from 'uvu/assert'
import { FaultProxy } from '../chaos/proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { channelOf, consumer, envelopeOf, type Given, publisher, publishRaw, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('counts of redeliveries on RabbitMQ')

/** A queue that nobody consumes yet. */
async function queueOf(topicOptions: object = {}) {
  const topic = unique('counted')
  const given = { queue: topic, ...topicOptions }
  const { kernel } = await consumer({ url: brokerUrl }, topic, given, () => {})
  await kernel.stop()
  const dead = async () => {
    const { bus, kernel } = await publisher({ url: brokerUrl })
    const letters = await bus.deadLetterQueues.peek(`${topic}.dead`)
    await kernel.stop()
    return letters
  }
  return { topic, given, dead }
}

/** An instance behind a proxy. Its handlers end when `finish` is called. */
async function instance(topic: string, topicOptions: object, options: AmqpOptions = {}) {
  const proxy = await FaultProxy.before(brokerUrl)
  const seen: Given[] = []
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const { kernel } = await consumer({ ...options, url: proxy.url }, topic, topicOptions, (given) => {
    seen.push(given)
    return finished
  })
  const counts = () => seen.map(({ redeliveries }) => redeliveries)
  const end = async () => {
    finish()
    assert.is(await kernel.stop(), 0)
    proxy.close()
  }
  return { proxy, seen, counts, finish, end }
}

/** Takes so many messages, and dies. */
async function takeAndDie(queue: string, messages: number): Promise<void> {
  await channelOf(async (channel) => {
    for (let index = 0; index < messages; index++) assert.ok(await channel.get(queue))
  })
}

/** Has the counts of a queue, as another instance does, until `giveBack` is called. */
async function holdCounts(queue: string) {
  const connection = await amqplib.connect(brokerUrl)
  const channel = await connection.createChannel()
  await until(async () => (await channel.get(`${queue}.redelivered`)) !== false)
  return { giveBack: () => connection.close() }
}

async function isEmpty(queue: string): Promise<boolean> {
  return channelOf(async (channel) => (await channel.checkQueue(queue)).messageCount === 0)
}

test('counts that another instance has just taken are waited for', async () => {
  const { topic, given } = await queueOf()
  await publishRaw(topic, envelopeOf('message'), { messageId: unique('id') })
  await takeAndDie(topic, 1)
  const first = await instance(topic, given)
  await until(() => first.seen.length === 1)
  first.proxy.close()
  const other = await holdCounts(topic)
  const second = await instance(topic, given)
  await until(() => isEmpty(topic))
  await other.giveBack()
  await until(() => second.seen.length === 1)
  assert.equal([...first.counts(), ...second.counts()], [1, 2])
  await Promise.all([first.end(), second.end()])
})

test('two instances that are cut while both count: everything is handled, and counted once for each return', async () => {
  const { topic, given, dead } = await queueOf({ concurrency: 10 })
  for (let index = 0; index < 20; index++)
    await publishRaw(topic, envelopeOf('message'), { messageId: unique('id') })
  await takeAndDie(topic, 1)
  const before = await instance(topic, { ...given, concurrency: 1 })
  await until(() => before.seen.length === 1)
  before.proxy.close()
  const other = await holdCounts(topic)
  await until(async () => !(await isEmpty(topic)))
  await takeAndDie(topic, 20)
  const both = [await instance(topic, given), await instance(topic, given)]
  await until(() => isEmpty(topic))
  for (const { proxy } of both) proxy.reset()
  await other.giveBack()
  await until(() => both.reduce((sum, { seen }) => sum + seen.length, 0) >= 20)
  for (const { counts } of both) for (const count of counts()) assert.ok(count >= 1 && count <= 4, `${count}`)
  await Promise.all([before, ...both].map(({ end }) => end()))
  assert.equal(await dead(), [])
})

test('a retry does not have the count of the attempt before it, even if nobody could store that it was settled', async () => {
  const { topic, given } = await queueOf({ retry: { backoff: () => 0 } })
  for (const id of ['a', 'b']) await publishRaw(topic, envelopeOf('message'), { messageId: id })
  await takeAndDie(topic, 2)
  const seen: string[] = []
  const proxy = await FaultProxy.before(brokerUrl)
  const { kernel } = await consumer({ url: proxy.url }, topic, given, async (handled) => {
    const { attempt, redeliveries, properties, signal } = handled
    seen.push(`${properties.messageId} ${attempt} ${redeliveries}`)
    if (properties.messageId === 'a' && attempt === 1) throw new Error('once more')
    if (seen.length <= 3) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  await until(() => seen.length === 3)
  proxy.reset()
  await until(() => ['a 2 1', 'b 1 2'].every((wanted) => seen.slice(3).includes(wanted)))
  assert.equal(seen.slice(0, 3).sort(), ['a 1 1', 'a 2 0', 'b 1 1'])
  assert.not.ok(seen.includes('a 2 2'))
  assert.is(await kernel.stop(), 0)
  proxy.close()
})

test('while the broker blocks publishing, what came back and what is behind it are handled within seconds', async () => {
  const { topic, given } = await queueOf({ concurrency: 10 })
  const one = await instance(topic, given)
  // The second connection is the one for publishing.
  one.proxy.block(1)
  const began = performance.now()
  const taker = await amqplib.connect(brokerUrl)
  const channel = await taker.createChannel()
  await channel.consume(topic, () => {}, { priority: 10 })
  for (const id of ['a', 'b', 'c']) await publishRaw(topic, envelopeOf('message'), { messageId: id })
  await until(() => isEmpty(topic))
  await taker.close()
  for (const id of ['d', 'e']) await publishRaw(topic, envelopeOf('message'), { messageId: id })
  await until(() => one.seen.length >= 5, 'all are handled')
  const seconds = (performance.now() - began) / 1_000
  assert.ok(seconds < 20, `${seconds} s`)
  assert.equal(one.counts(), [1, 1, 1, 0, 0])
  await one.end()
})

test('somebody deletes the queue of the counts: what is in hand keeps its count with the next one', async () => {
  const { topic, given } = await queueOf()
  for (const id of ['a', 'b']) await publishRaw(topic, envelopeOf('message'), { messageId: id })
  await takeAndDie(topic, 1)
  const one = await instance(topic, { ...given, concurrency: 1 })
  await until(() => one.seen.length === 1)
  await channelOf((channel) => channel.deleteQueue(`${topic}.redelivered`))
  await takeAndDie(topic, 1)
  one.finish()
  await until(() => one.seen.length === 2)
  assert.equal(one.counts(), [1, 1])
  one.proxy.reset()
  await one.end()
  assert.ok(await channelOf((channel) => channel.checkQueue(`${topic}.redelivered`)))
})

test('while the broker blocks publishing, a message that comes back again is counted from what is stored', async () => {
  const { topic, given } = await queueOf()
  await publishRaw(topic, envelopeOf('message'), { messageId: unique('id') })
  await takeAndDie(topic, 1)
  const first = await instance(topic, given)
  await until(() => first.seen.length === 1)
  const second = await instance(topic, given)
  second.proxy.block(1)
  first.proxy.close()
  await until(() => second.seen.length === 1)
  assert.equal([...first.counts(), ...second.counts()], [1, 2])
  await Promise.all([first.end(), second.end()])
})

test('messages with one made-up x-tomodachi-copy do not count for each other', async () => {
  const { topic, given } = await queueOf({ concurrency: 1 })
  const forge = (messageId: string) => {
    const headers = { 'x-tomodachi-attempt': 1, 'x-tomodachi-copy': 'forged' }
    const content = Buffer.from(envelopeOf('message'))
    return channelOf(async (channel) => void channel.publish('', topic, content, { messageId, headers }))
  }
  await forge('a')
  await takeAndDie(topic, 1)
  const one = await instance(topic, given)
  await until(() => one.seen.length === 1)
  await forge('b')
  await takeAndDie(topic, 1)
  const two = await instance(topic, given)
  await until(() => two.seen.length === 1)
  assert.equal([...one.counts(), ...two.counts()], [1, 1])
  await Promise.all([one.end(), two.end()])
})

for (const instances of [1, 3])
  test(`messages without an id that are all alike do not count for each other: ${instances} at once`, async () => {
    const { topic, given, dead } = await queueOf({ concurrency: 12 / instances, retry: { redeliveries: 1 } })
    for (let index = 0; index < 12; index++) await publishRaw(topic, envelopeOf('message'))
    await takeAndDie(topic, 12)
    const all = await Promise.all(Array.from({ length: instances }, () => instance(topic, given)))
    await until(() => all.reduce((sum, { seen }) => sum + seen.length, 0) === 12)
    for (const { counts } of all) assert.ok(counts().every((count) => count === 1))
    await Promise.all(all.map(({ end }) => end()))
    assert.equal(await dead(), [])
  })

test.run()
