// time limit: 180 s
// node: 24 only
// needs: rabbitmq
// What becomes of a message on its way: headers, properties, identity, trace.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { cloudEvents, raw } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, envelopeOf, type Given, publisher, publishRaw, unique, until } from './scene.ts'
import { amqpWorld, brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('messages on RabbitMQ')
const url = brokerUrl
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('C06 nothing is lost while publishers and consumers come and go', async () => {
  const topic = unique('topic')
  const handled = new Set<unknown>()
  await (await consumer({ url }, topic, { queue: topic }, () => {})).kernel.stop()
  const total = 2_000
  for (let first = 0; first < total; first += total / 4) {
    const { bus, kernel } = await publisher({ url })
    const numbers = Array.from({ length: total / 4 }, (_, index) => first + index)
    await Promise.all(numbers.map((number) => bus.publish(topic, number)))
    await kernel.stop()
  }
  for (let round = 0; handled.size < total && round < 20; round++) {
    const before = handled.size
    const { kernel } = await consumer({ url }, topic, { queue: topic }, ({ data }) => void handled.add(data))
    await until(() => handled.size >= Math.min(total, before + 200), 'some more are handled')
    assert.is(await kernel.stop(), 0)
  }
  assert.is(handled.size, total)
})

test('a handler is given all that arrived, of a request too', async () => {
  const [topic, asked] = [unique('topic'), unique('asked')]
  const seen: (readonly [object, object])[] = []
  const bus = amqp({ url, queueTtl: '10m' })
  const note = ({ envelope, ...values }: Given) => void seen.push([values, envelope.given])
  const service = new Service()
    .on(bus.topic(topic, { queue: topic }), note)
    .on(bus.requests(asked, { queue: asked }), note)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await bus.publish(topic, 1)
  await until(() => seen.length === 1, 'the message')
  await bus.request(asked, 1)
  assert.is(seen.length, 2)
  for (const [values, given] of seen) {
    assert.equal({ ...values }, given)
    assert.is(Object.keys(given).length, 9)
  }
  await kernel.stop()
})

test('C49 the trace survives every hop: handler, retry, dead letter, delay', async () => {
  const [first, second] = [unique('first'), unique('second')]
  const traces: unknown[] = []
  const world = await amqpWorld()
  const bus = amqp({ url, queueTtl: '10m' })
  const note = ({ envelope }: Given) =>
    traces.push([envelope.headers.traceparent, envelope.headers.tracestate])
  const service = new Service()
    .on(bus.topic(first, { queue: first, retry: { backoff: () => 20 } }), async (given) => {
      note(given)
      if (given.attempt < 2) throw new Error('not yet')
      await bus.publish(second, 1, { delay: 50 })
    })
    .on(bus.topic(second, { queue: second, retry: { attempts: 1 } }), (given) => {
      note(given)
      throw new Error('never')
    })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const headers = { traceparent, tracestate: 'a=1' }
  await bus.publish(first, 1, { headers })
  await until(async () => (await world.deadLetters(`${second}.dead`)).length === 1, 'a dead letter')
  assert.equal(
    traces,
    Array.from({ length: 3 }, () => [traceparent, 'a=1']),
  )
  const [dead] = await world.deadLetters(`${second}.dead`)
  assert.is(dead?.headers.traceparent, traceparent)
  await kernel.stop()
  await world.close()
})

/** What a retry must not change. */
function facts({ data, routingKey, exchange, properties, envelope, metadata }: Given) {
  const { messageId, correlationId, contentType, type, appId, timestamp, priority } = properties
  const { id, headers } = envelope
  const { own, nested, rascal, 'x-death': death } = headers
  const kept = { own, nested, rascal, death }
  return {
    ...{
      data,
      routingKey,
      exchange,
      messageId,
      correlationId,
      contentType,
      type,
      appId,
      timestamp,
      priority,
    },
    ...{ kept, id, metadata },
  }
}

test('a retry changes nothing of what the handler sees but the attempt', async () => {
  const topic = unique('topic')
  const seen: Given[] = []
  const retry = { backoff: (attempt: number) => (attempt === 1 ? 0 : 30) }
  const { kernel } = await consumer({ url }, `${topic}.#`, { queue: topic, retry }, (given) => {
    seen.push(given)
    if (seen.length < 3) throw new Error('not yet')
  })
  await publishRaw(`${topic}.a.b`, envelopeOf({ a: 1 }), {
    messageId: 'own-id',
    correlationId: 'correlated',
    contentType: 'application/json',
    type: 'a type',
    appId: 'an app',
    timestamp: 1_700_000_000,
    priority: 3,
    expiration: 60_000,
    userId: 'guest',
    // In a copy to the default exchange, it would lead into the queue as well.
    CC: [topic],
    headers: { own: 'kept', nested: { list: [1, 'two'] }, rascal: { originalQueue: 'x' } },
  })
  await until(() => seen.length >= 3, 'three attempts')
  await sleep(200)
  assert.is(seen.length, 3)
  assert.equal(
    seen.map(({ attempt }) => attempt),
    [1, 2, 3],
  )
  for (const given of seen.slice(1)) assert.equal(facts(given), facts(seen[0] as Given))
  const [{ kept }] = seen.map(facts) as [ReturnType<typeof facts>]
  assert.equal(kept, {
    own: 'kept',
    nested: { list: [1, 'two'] },
    rascal: { originalQueue: 'x' },
    death: undefined,
  })
  await kernel.stop()
})

test('bytes arrive as they were sent, whatever content type they claim', async () => {
  const topic = unique('topic')
  const seen = new Map<unknown, unknown>()
  const bytes = Buffer.from([0, 255, 128, 10])
  const options = { queue: topic, envelope: raw(), retry: { attempts: 1 } }
  const { bus, kernel } = await consumer({ url }, topic, options, ({ data, properties }) => {
    seen.set(properties.contentType, data)
  })
  for (const contentType of ['text/plain', 'application/json', 'image/png', undefined])
    await publishRaw(topic, bytes, contentType === undefined ? {} : { contentType })
  await until(() => seen.size === 4, 'all of them')
  for (const data of seen.values()) assert.equal([...(data as Uint8Array)], [...bytes])
  seen.clear()
  await bus.publish(topic, new Uint8Array([1, 2, 3]), { envelope: raw() })
  await until(() => seen.size === 1, 'our own bytes')
  assert.equal([...(seen.get('application/octet-stream') as Uint8Array)], [1, 2, 3])
  await kernel.stop()
})

test('a format that needs headers, and its content type', async () => {
  const topic = unique('topic')
  const seen: Given[] = []
  const envelope = cloudEvents({ mode: 'binary', source: '/orders' })
  const { bus, kernel } = await consumer(
    { url },
    topic,
    { queue: topic, envelope },
    (given) => void seen.push(given),
  )
  await bus.publish(topic, { a: 1 }, { envelope })
  await until(() => seen.length === 1, 'the event')
  assert.equal(seen[0]?.data, { a: 1 })
  assert.is(seen[0]?.metadata?.attributes?.source, '/orders')
  assert.match(String(seen[0]?.properties.contentType), 'application/json')
  await kernel.stop()
})

test('a wait that no queue can hold goes in hops', async () => {
  const topic = unique('topic')
  const seen: Given[] = []
  const { kernel } = await consumer({ url }, topic, { queue: topic }, (given) => void seen.push(given))
  const published = performance.now()
  const headers = { 'x-tomodachi-attempt': 3, 'x-tomodachi-wait': 300, 'x-tomodachi-routing-key': topic }
  await channelOf(async (channel) => void channel.sendToQueue(topic, Buffer.from(envelopeOf(1)), { headers }))
  await until(() => seen.length === 1, 'the message')
  assert.ok(performance.now() - published >= 290, 'it has not waited')
  assert.is(seen[0]?.attempt, 3)
  assert.is(seen[0]?.routingKey, topic)
  await kernel.stop()
})

test.run()
