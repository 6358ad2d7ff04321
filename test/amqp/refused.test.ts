// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// A message that the broker does not take fails alone: its neighbours are confirmed, and sent once.
import { configureLogging } from 'tomodachi'
import type { AmqpPublishOptions } from 'tomodachi/amqp'
import { raw } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('messages that RabbitMQ does not take')

interface Bad {
  readonly options?: AmqpPublishOptions
  readonly data?: unknown
  readonly topic?: string
  readonly code: string
  readonly sentence: RegExp
}

const bad: Readonly<Record<string, Bad>> = {
  'a CC that is text': {
    options: { headers: { CC: 'text' } },
    code: 'PUBLISH_REFUSED',
    sentence: /the header CC must be a list of routing keys, not text/,
  },
  'a CC with a number': {
    options: { headers: { CC: ['a', 1] } },
    code: 'PUBLISH_REFUSED',
    sentence: /CC must be a list of routing keys/,
  },
  'a BCC that is null': {
    options: { headers: { BCC: null } },
    code: 'PUBLISH_REFUSED',
    sentence: /BCC must be a list of routing keys/,
  },
  'an infinite number in a header': {
    options: { headers: { rate: Number.POSITIVE_INFINITY } },
    code: 'PAYLOAD_UNBUILDABLE',
    sentence: /the header rate has a number that AMQP cannot carry/,
  },
  'a float that is too large, deep in a header': {
    options: { headers: { a: [{ b: { '!': 'float', value: 1e300 } }] } },
    code: 'PAYLOAD_UNBUILDABLE',
    sentence: /the header a has a number/,
  },
  'a Date in a header': {
    options: { headers: { when: new Date() } },
    code: 'PAYLOAD_UNBUILDABLE',
    sentence: /the header when has a Date, which AMQP cannot carry/,
  },
  'a bigint deep in a header': {
    options: { headers: { a: [{ b: 1n }] } },
    code: 'PAYLOAD_UNBUILDABLE',
    sentence: /the header a has a bigint, which AMQP cannot carry/,
  },
  'headers in a Map': {
    options: { headers: new Map([['a', 1]]) as never },
    code: 'OPTION_INVALID',
    sentence: /amqp.publish.headers must be an object of headers by name, not a Map/,
  },
  'an exchange that does not exist': {
    options: { exchange: "nobody's" },
    code: 'BROKER_OBJECT_MISSING',
    sentence: /the exchange "nobody's" does not exist/,
  },
  'an exchange that does not exist, after a delay': {
    options: { exchange: 'nobody', delay: 50 },
    code: 'BROKER_OBJECT_MISSING',
    sentence: /the exchange "nobody" does not exist/,
  },
  'a routing key that is too long': {
    topic: 'å'.repeat(40),
    code: 'OPTION_INVALID',
    sentence: /amqp.publish.topic must be a name whose routing key has at most 255 bytes/,
  },
  'an exchange whose name is too long for a delay': {
    options: { exchange: 'x'.repeat(240), delay: 50 },
    code: 'OPTION_INVALID',
    sentence: /amqp.publish.exchange must be a shorter name/,
  },
  'an expiration beside a delay': {
    options: { expiration: '1s', delay: 50 },
    code: 'OPTIONS_CONFLICT',
    sentence: /delay and amqp.publish.expiration/,
  },
  'an exchange that is internal': {
    options: { exchange: 'amq.rabbitmq.trace' },
    code: 'BROKER_REFUSED',
    sentence: /cannot publish to internal exchange/,
  },
  'a message above the largest size': {
    data: Buffer.alloc(150_000_000),
    options: { envelope: raw() },
    code: 'MESSAGE_TOO_LARGE',
    sentence: /150000000 bytes .* only 134217728 are allowed/,
  },
}

/** Publishes a hundred messages with bad ones among them. */
async function among(one: Bad, places: readonly number[]) {
  const topic = unique('topic')
  const { bus, kernel } = await publisher({ url: brokerUrl })
  const arrived = new Map<string, number>()
  const outcomes = await channelOf(async (channel) => {
    await channel.assertQueue(topic, { exclusive: true })
    await channel.bindQueue(topic, 'amq.topic', topic)
    const take = (content: string) => arrived.set(content, (arrived.get(content) ?? 0) + 1)
    await channel.consume(topic, (message) => message && take(String(message.content)), { noAck: true })
    const published = await Promise.allSettled(
      Array.from({ length: 100 }, (_, number) =>
        places.includes(number)
          ? bus.publish(one.topic ?? topic, one.data ?? 'bad', one.options)
          : bus.publish(topic, `${number}`, { envelope: raw() }),
      ),
    )
    await until(() => arrived.size === 100 - places.length, 'all others arrive')
    return published
  })
  await kernel.stop()
  return { outcomes, arrived }
}

for (const [what, one] of Object.entries(bad)) {
  test(`${what} is refused, and its neighbours are confirmed and sent once`, async () => {
    const { outcomes, arrived } = await among(one, one.data ? [50] : [0, 50, 51, 98])
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    assert.is(refused.length, 100 - arrived.size)
    for (const error of refused) {
      assert.is(error.code, one.code)
      assert.match(error.message, one.sentence)
    }
    for (const [number, times] of arrived) assert.is(times, 1, `message ${number}`)
  })
}

test('a list in CC and BCC sends a message to more queues', async () => {
  const [topic, copy, blind] = [unique('topic'), unique('copy'), unique('blind')]
  const { bus, kernel } = await publisher({ url: brokerUrl })
  await channelOf(async (channel) => {
    for (const queue of [topic, copy, blind]) {
      await channel.assertQueue(queue, { exclusive: true })
      await channel.bindQueue(queue, 'amq.topic', queue)
    }
    await bus.publish(topic, 1, { headers: { CC: [copy], BCC: [blind] } })
    for (const queue of [topic, copy, blind]) assert.ok(await channel.get(queue, { noAck: true }), queue)
  })
  await kernel.stop()
})

test.run()
