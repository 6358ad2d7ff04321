// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Exchanges of every type, several bindings of a handler, and several handlers of a queue.
import { configureLogging, type HandlerContext, Kernel, Service } from 'tomodachi'
import { type AmqpBus, type AmqpGiven, type AmqpOptions, type AmqpTopicOptions, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, envelopeOf, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('exchanges, bindings and shared queues')

type Topics = Readonly<Record<string, AmqpTopicOptions>>
type Seen = [handler: string, data: unknown, attempt: number][]

/** A service with a handler for each topic, which notes what it is given. */
async function handlers(topics: Topics, options: AmqpOptions = {}, handle = (_: AmqpGiven) => {}) {
  const bus: AmqpBus = amqp({ url: brokerUrl, queueTtl: '10m', ...options })
  const seen: Seen = []
  const service = new Service({ drainTimeout: 5_000 })
  for (const [topic, { batch: _, ...topicOptions }] of Object.entries(topics)) {
    service.on(
      bus.topic(topic, topicOptions),
      (given: HandlerContext & AmqpGiven) => {
        seen.push([topic, given.data, given.attempt])
        handle(given)
      },
      { name: topic },
    )
  }
  const kernel = new Kernel([service], { ownsProcess: false })
  const start = () => kernel.start()
  return { bus, seen, kernel, start }
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => assert.unreachable('no failure'),
    (error) => error,
  )

/** Exchanges as others would have them; they are deleted after the work. */
async function withExchanges(
  types: Readonly<Record<string, string>>,
  work: (names: Readonly<Record<string, string>>) => Promise<void>,
) {
  const names = Object.fromEntries(Object.keys(types).map((name) => [name, unique(name)]))
  await channelOf(async (channel) => {
    for (const [name, type] of Object.entries(types))
      await channel.assertExchange(names[name] as string, type)
    try {
      await work(names)
    } finally {
      for (const name of Object.values(names)) await channel.deleteExchange(name)
    }
  })
}

test('exchanges of others of each type are used, and headers bind by their arguments', async () => {
  await withExchanges({ direct: 'direct', fanout: 'fanout', headers: 'headers' }, async (names) => {
    const [direct, fanout, headers] = [names.direct, names.fanout, names.headers] as [string, string, string]
    const topic = unique('topic')
    const bindingArguments = { 'x-match': 'any', format: 'pdf', pages: 3 }
    const { bus, seen, kernel, start } = await handlers({
      [`${topic}.direct`]: { queue: unique('q'), exchange: direct, exchangeType: 'direct' },
      [`${topic}.fanout`]: { queue: unique('q'), exchange: fanout, exchangeType: 'fanout' },
      [`${topic}.headers`]: {
        queue: unique('q'),
        exchange: headers,
        exchangeType: 'headers',
        bindingArguments,
      },
    })
    await start()
    await bus.publish(`${topic}.direct`, 1, { exchange: direct })
    await bus.publish(`${topic}.other`, 2, { exchange: direct })
    await bus.publish(`${topic}.any`, 3, { exchange: fanout })
    await bus.publish(`${topic}.any`, 4, { exchange: headers, headers: { format: 'pdf' } })
    await bus.publish(`${topic}.any`, 5, { exchange: headers, headers: { format: 'zip' } })
    await bus.publish(`${topic}.any`, 6, { exchange: headers, headers: { pages: 3 } })
    await until(() => seen.length >= 4, 'all are handled')
    assert.is(await kernel.stop(), 0)
    assert.equal(seen.map(([handler, data]) => [handler.slice(topic.length + 1), data]).sort(), [
      ['direct', 1],
      ['fanout', 3],
      ['headers', 4],
      ['headers', 6],
    ])
  })
})

test('an exchange of ours has its type, and an alternate exchange gets what no queue takes', async () => {
  await withExchanges({ unrouted: 'fanout' }, async ({ unrouted = '' }) => {
    const [exchange, other, topic] = [unique('exchange'), unique('exchange'), unique('topic')]
    const { bus, seen, kernel, start } = await handlers(
      {
        [topic]: { queue: unique('q') },
        unrouted: { queue: unique('q'), exchange: unrouted, exchangeType: 'fanout' },
        own: { queue: unique('q'), exchange: other, exchangeType: 'direct', alternateExchange: unrouted },
      },
      { exchangeName: exchange, exchangeType: 'direct', alternateExchange: unrouted },
    )
    await start()
    await bus.publish(topic, 1, { mandatory: true })
    await bus.publish(`${topic}.nobody`, 2, { mandatory: true })
    await bus.publish('nobody', 3, { exchange: other, mandatory: true })
    await until(() => seen.length >= 3, 'all are handled')
    assert.is(await kernel.stop(), 0)
    assert.equal(
      seen.map(([handler, data]) => [handler, data]).sort((one, two) => Number(one[1]) - Number(two[1])),
      [
        [topic, 1],
        ['unrouted', 2],
        ['unrouted', 3],
      ],
    )
    await channelOf(async (channel) => {
      for (const name of [exchange, other]) await channel.deleteExchange(name)
    })
  })
})

test('an exchange of another type, or without its alternate exchange, fails the start with its name', async () => {
  await withExchanges({ fanout: 'fanout' }, async ({ fanout = '' }) => {
    const wrong = await handlers({ any: { queue: unique('q'), exchange: fanout } })
    const mismatch = await failureOf(wrong.start())
    assert.is(mismatch.code, 'QUEUE_MISMATCH')
    assert.match(mismatch.message, fanout)
    const without = await handlers({}, { exchangeName: unique('exchange'), alternateExchange: 'nobody' })
    const bus = without.bus
    const kernel = new Kernel([new Service({ adapters: [bus] })], { ownsProcess: false })
    const missing = await failureOf(kernel.start())
    assert.is(missing.code, 'BROKER_OBJECT_MISSING')
    assert.is(
      missing.message,
      'the exchange "nobody" does not exist on the broker; create it there, or check its name',
    )
  })
})

test('a handler with several bindings gets messages of each', async () => {
  await withExchanges({ fanout: 'fanout' }, async ({ fanout = '' }) => {
    const topic = unique('topic')
    const bindings = [{ routingKey: `${topic}.b.*` }, { exchange: fanout, exchangeType: 'fanout' as const }]
    const { bus, seen, kernel, start } = await handlers(
      { [`${topic}.a`]: { queue: unique('q'), bindings } },
      { routingKeyPrefix: 'p.' },
    )
    await start()
    for (const [place, key] of ['a', 'b.c', 'c'].entries()) await bus.publish(`${topic}.${key}`, place)
    await bus.publish('any', 3, { exchange: fanout })
    await until(() => seen.length >= 3, 'all are handled')
    assert.is(await kernel.stop(), 0)
    assert.equal(seen.map(([, data]) => data).sort(), [0, 1, 3])
  })
})

test('topics share a queue: each message goes to its handler, whole keys before patterns, retries too', async () => {
  const [topic, queue] = [unique('topic'), unique('queue')]
  const { bus, seen, kernel, start } = await handlers(
    {
      [`${topic}.*`]: { queue, retry: { backoff: () => 10 } },
      [`${topic}.a`]: { queue, retry: { backoff: () => 10 } },
      [`${topic}.#`]: { queue, retry: { backoff: () => 10 } },
    },
    { routingKeyPrefix: 'p.' },
    ({ attempt }) => {
      if (attempt === 1) throw new Error('not yet')
    },
  )
  await start()
  for (const key of ['a', 'b', 'c.d']) await bus.publish(`${topic}.${key}`, key)
  await until(() => seen.length >= 6, 'all are handled twice')
  assert.is(await kernel.stop(), 0)
  for (const attempt of [1, 2])
    assert.equal(
      seen
        .filter((one) => one[2] === attempt)
        .map(([handler, data]) => `${data} by ${handler.slice(topic.length)}`)
        .sort(),
      ['a by .a', 'b by .*', 'c.d by .#'],
    )
})

test('a message on a shared queue that no handler takes is set aside, and says why', async () => {
  const [topic, queue] = [unique('topic'), unique('queue')]
  const { bus, seen, kernel, start } = await handlers({
    [`${topic}.a`]: { queue },
    [`${topic}.b`]: { queue },
  })
  await start()
  await channelOf(async (channel) => {
    channel.sendToQueue(queue, Buffer.from(envelopeOf('lost')), { messageId: 'id' })
  })
  const dead = async () => (await bus.deadLetterQueues.peek(queue))[0]
  await until(async () => (await dead()) !== undefined, 'it is set aside')
  const { reason, payload } = (await dead()) ?? {}
  assert.match(String(reason), 'no handler of the queue takes the topic')
  assert.match(String(payload), 'lost')
  assert.equal(seen, [])
  assert.is(await kernel.stop(), 0)
  await channelOf((channel) => channel.deleteQueue(`${queue}.dead`))
})

test('handlers that share a queue must not want the same messages, nor different queues', async () => {
  const queue = unique('queue')
  const same = await handlers({ a: { queue }, b: { queue, bindings: [{ routingKey: 'a' }] } })
  assert.is((await failureOf(same.start())).code, 'QUEUE_SHARED')
  const different = await handlers({ a: { queue, maxPriority: 5 }, b: { queue, maxPriority: 6 } })
  const conflict = await failureOf(different.start())
  assert.is(conflict.code, 'OPTIONS_CONFLICT')
  assert.match(conflict.message, /maxPriority: 6 of b/)
  const own = await handlers({ a: { alternateExchange: 'amq.fanout' } })
  assert.match((await failureOf(own.start())).message, /alternateExchange must be left out for "amq.topic"/)
  const types = await handlers({ a: { exchange: 'x' }, b: { exchange: 'x', exchangeType: 'fanout' } })
  assert.match((await failureOf(types.start())).message, /exchangeType of "x": 'fanout' and 'topic'/)
})

test.run()
