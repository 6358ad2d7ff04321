// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Whatever headers strangers set, their messages are handled, retried and set aside as all others.
import { configureLogging } from 'tomodachi'
import type { AmqpGiven } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, envelopeOf, publishRaw, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('headers of strangers')

const table = (value: object) => ({ '!': 'object', value })
const odd: readonly unknown[] = [
  'text',
  '',
  'NaN',
  'Infinity',
  '7',
  7,
  0,
  -3,
  0.5,
  1e300,
  2 ** 53,
  true,
  null,
  [],
  [1, ['a']],
  { a: { b: [{}] } },
  Buffer.from('bytes'),
]
/** Headers that copies leave out, and values that change on the way. */
const left = /^(?!x-tomodachi-failure)(x-tomodachi-.*|x-delivery-count|CC|late)$/

/** Headers that our own code writes or reads, and some that others react to. */
const names = [
  ...['attempt', 'wait', 'exchange', 'routing-key', 'deaths', 'failure'].map((name) => `x-tomodachi-${name}`),
  ...['topic', 'queue', 'reason', 'error', 'stack', 'attempts', 'time'].map(
    (name) => `x-dead-letter-${name}`,
  ),
  ...['x-death', 'x-first-death-queue', 'x-first-death-exchange', 'x-first-death-reason'],
  ...[
    'x-delivery-count',
    'x-delay',
    'x-stream-offset',
    'content-type',
    'traceparent',
    'tracestate',
    'rascal',
  ],
]

function strangers(topic: string): Record<string, unknown>[] {
  const death = { queue: topic, exchange: '', reason: 'expired', count: 1, 'routing-keys': [topic] }
  return [
    ...odd.map((value) => Object.fromEntries(names.map((name) => [name, value]))),
    // The broker drops a message that expires if it seems to go where it has been.
    { 'x-death': [{ ...death, time: { '!': 'timestamp', value: 1 } }] },
    { 'x-death': [{ ...death, queue: `${topic}.retry.10` }] },
    { 'x-tomodachi-attempt': 4, 'x-tomodachi-exchange': 'forged', 'x-tomodachi-routing-key': 'forged' },
    { rascal: { recovery: { [topic]: { immediateNack: true, attempts: 9 } } } },
    { rascal: { restoreRoutingHeaders: true, originalRoutingKey: 'forged', originalExchange: 'forged' } },
    // What amqplib decodes but does not encode.
    { typed: table({ '!': 'timestamp', value: 'text' }), nested: [table({ '!': 'unknown', a: 1 })] },
    {
      late: { '!': 'timestamp', value: 2n ** 64n - 1n },
      price: { '!': 'decimal', value: { places: 2, digits: 995 } },
    },
    { long: { '!': 'int64', value: 2n ** 63n - 1n }, CC: ['nowhere'], BCC: ['nowhere'] },
  ]
}

test('messages with them are handled as they came, and after a failure as often as any other', async () => {
  const topic = unique('topic')
  const seen = new Map<string, AmqpGiven[]>()
  const options = { queue: topic, retry: { backoff: () => 10 } }
  const { kernel } = await consumer({ url: brokerUrl }, topic, options, (given) => {
    const { messageId = '' } = given.properties
    seen.set(messageId, [...(seen.get(messageId) ?? []), given])
    if (given.attempt < 3) throw new Error('not yet')
  })
  const all = strangers(topic)
  for (const [place, headers] of all.entries())
    await publishRaw(topic, envelopeOf(place), { messageId: `${place}`, headers, timestamp: 1 })
  await until(
    () => [...seen.values()].flat().length >= 3 * all.length,
    () => `all are handled three times; ${JSON.stringify([...seen].map(([id, { length }]) => [id, length]))}`,
  )
  for (const [place, headers] of all.entries()) {
    const givens = seen.get(`${place}`) ?? []
    assert.equal(
      givens.map((given) => [given.attempt, given.exchange, given.routingKey, given.data]),
      [1, 2, 3].map((attempt) => [attempt, 'amq.topic', topic, place]),
    )
    const [first = {}, ...others] = givens.map((given) => given.properties.headers)
    const sent = Object.keys(headers).filter((name) => name !== 'BCC')
    assert.equal(Object.keys(first).sort(), sent.sort())
    const kept = (all = {}) => Object.fromEntries(Object.entries(all).filter(([name]) => !left.test(name)))
    for (const other of others) assert.equal(kept(other), kept(first), `${place}`)
  }
  assert.is(await kernel.stop(), 0)
})

test('messages with them are set aside, shown and put back as any other', async () => {
  const topic = unique('topic')
  const handled = new Set<unknown>()
  let isMended = false
  const options = { queue: topic, retry: { attempts: 1 } }
  const { bus, kernel } = await consumer(
    { url: brokerUrl },
    topic,
    options,
    ({ data, routingKey, exchange }) => {
      if (!isMended) throw new Error('broken')
      assert.equal([routingKey, exchange], [topic, 'amq.topic'])
      handled.add(data)
    },
  )
  const all = strangers(topic)
  for (const [place, headers] of all.entries()) await publishRaw(topic, envelopeOf(place), { headers })
  const count = async () => (await bus.deadLetterQueues.list(kernel.actors()))[0]?.count
  await until(async () => (await count()) === all.length, 'all are set aside')
  const shown = await bus.deadLetterQueues.peek(topic, { limit: 100 })
  assert.equal(
    shown.map(({ topic: of, queue, reason, attempts }) => [of, queue, reason, attempts]),
    all.map(() => [topic, topic, 'broken', 1]),
  )
  isMended = true
  assert.is(await bus.deadLetterQueues.redrive(topic), all.length)
  await until(() => handled.size === all.length, 'all are handled')
  assert.is(await kernel.stop(), 0)
})

test('messages with them that others have put into a dead-letter queue are shown and put back', async () => {
  const topic = unique('topic')
  const handled = new Set<unknown>()
  const { bus, kernel } = await consumer({ url: brokerUrl }, topic, { queue: topic }, ({ data }) =>
    handled.add(data),
  )
  // What says in the broker's own words where it came from goes there.
  const all = strangers(topic).filter(({ 'x-death': deaths }) => !JSON.stringify(deaths)?.startsWith('[{'))
  await channelOf(async (channel) => {
    await channel.assertQueue(`${topic}.dead`)
    for (const [place, { 'x-dead-letter-queue': _, CC, BCC, ...headers }] of all.entries())
      channel.sendToQueue(`${topic}.dead`, Buffer.from(envelopeOf(place)), { headers })
  })
  assert.is((await bus.deadLetterQueues.peek(topic, { limit: 100 })).length, all.length)
  assert.is(await bus.deadLetterQueues.redrive(topic, { to: topic }), all.length)
  await until(() => handled.size === all.length, 'all are handled')
  await channelOf((channel) => channel.deleteQueue(`${topic}.dead`))
  assert.is(await kernel.stop(), 0)
})

test.run()
