// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Headers that amqplib cannot read: their messages are set aside, and those with many levels are read.
import type { Socket } from 'node:net'
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, envelopeOf, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('headers that cannot be read')

/** Publishes headers as bytes, for what amqplib does not encode itself. */
async function publishTable(queue: string, table: Uint8Array, { hasOthers = false } = {}): Promise<void> {
  const number = (bytes: number, value: number) =>
    Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex')
  const frame = (type: number, channel: number, ...parts: Uint8Array[]) => {
    const payload = Buffer.concat(parts)
    return [number(1, type), number(2, channel), number(4, payload.length), payload, number(1, 206)]
  }
  await channelOf(async (channel) => {
    const { connection, ch } = channel as unknown as { connection: { stream: Socket }; ch: number }
    // Basic.publish to the default exchange, the content header with the properties, and the body. The others are
    // the content type and encoding, which stand in front of the headers, and the message id behind them.
    const publish = [number(2, 60), number(2, 40), number(3, 0), number(1, queue.length), Buffer.from(queue)]
    const properties = hasOthers
      ? [number(2, 0xe080), Buffer.from('\x10application/json\x04utf8'), number(4, table.length), table]
      : [number(2, 0x2000), number(4, table.length), table]
    const body = Buffer.from(envelopeOf('data'))
    const frames = [
      ...frame(1, ch, ...publish, number(1, 0)),
      ...frame(
        2,
        ch,
        number(4, 60 * 2 ** 16),
        number(8, body.length),
        ...properties,
        Buffer.from(hasOthers ? '\x04mine' : ''),
      ),
      ...frame(3, ch, body),
    ]
    connection.stream.write(Buffer.concat(frames))
    // The broker answers it after the message.
    await channel.checkQueue(queue)
  })
}

/** Tables in tables: each is the name `a`, the type of a table, and the length of that table. */
function tables(levels: number): Buffer {
  const level = (inner: number) => Buffer.from([1, 97, 70, 0, inner >> 16, (inner >> 8) & 255, inner & 255])
  return Buffer.concat(Array.from({ length: levels }, (_, place) => level((levels - place - 1) * 7)))
}

/** Lists in lists, in the field `a`. */
function lists(levels: number): Buffer {
  const level = (inner: number) => Buffer.from([65, 0, inner >> 16, (inner >> 8) & 255, inner & 255])
  const all = Array.from({ length: levels }, (_, place) => level((levels - place - 1) * 5))
  return Buffer.concat([Buffer.from([1, 97]), ...all])
}

const unreadable: readonly [what: string, table: Buffer, reason: RegExp][] = [
  ...[501, 2_000, 4_000, 8_000, 12_000].map((levels): [string, Buffer, RegExp] => [
    `${levels} tables in each other`,
    tables(levels),
    /nested too deeply/,
  ]),
  ['20,000 lists in each other', lists(20_000), /nested too deeply/],
  // RabbitMQ knows it: an unsigned number of 64 bits.
  ['a field of a type that amqplib does not know', Buffer.from('\x01aL12345678'), /Unexpected type tag "L"/],
]

for (const [what, table, reason] of unreadable)
  test(`a message whose headers cannot be read is dead-lettered with their bytes: ${what}`, async () => {
    const topic = unique('unread')
    const seen: unknown[] = []
    const { bus, kernel } = await consumer({ url: brokerUrl }, topic, { queue: topic }, ({ data }) => {
      seen.push(data)
    })
    const hasOthers = table.length % 2 === 0
    await bus.publish(topic, 'before')
    await publishTable(topic, table, { hasOthers })
    await bus.publish(topic, 'behind')
    await until(() => seen.length === 2, 'the messages around it')
    const letters = () => bus.deadLetterQueues.peek(topic)
    await until(async () => (await letters()).length === 1, 'the dead letter')
    assert.ok(kernel.ready)
    const [letter] = await letters()
    assert.match(letter?.reason ?? '', reason)
    assert.is(letter?.payload, envelopeOf('data'))
    assert.equal(letter?.headers, { 'x-tomodachi-unread-headers': table.toString('base64') })
    if (hasOthers) assert.is(letter?.id, 'mine')
    // Put back, it is a message without them.
    assert.is(await bus.deadLetterQueues.redrive(topic), 1)
    await until(() => seen.length === 3, 'the message itself')
    assert.equal(seen, ['before', 'behind', 'data'])
    assert.equal(await letters(), [])
    await kernel.stop()
  })

test('a message that came back and whose headers cannot be read is dead-lettered, and no copy is handled', async () => {
  const topic = unique('unread')
  const seen: unknown[] = []
  const handle = ({ data }: { data: unknown }) => void seen.push(data)
  const first = await consumer({ url: brokerUrl }, topic, { queue: topic }, () => {})
  await first.kernel.stop()
  await channelOf((channel) => channel.assertQueue(`${topic}.dead`))
  await publishTable(topic, tables(501))
  await channelOf((channel) => channel.get(topic))
  // Nobody has created the queue of the counts, so copies carry them.
  const { bus, kernel } = await consumer({ url: brokerUrl, declare: false }, topic, { queue: topic }, handle)
  await until(async () => (await bus.deadLetterQueues.peek(topic)).length === 1, 'the dead letter')
  await kernel.stop()
  assert.equal(seen, [])
})

for (const [what, table] of [
  ['500 tables in each other', tables(500)],
  ['500 lists in each other', lists(500)],
] as const)
  test(`${what} are read, and kept by retries and dead letters`, async () => {
    const topic = unique('deep')
    const attempts: number[] = []
    const options = { queue: topic, retry: { attempts: 2, backoff: () => 10 } }
    const { bus, kernel } = await consumer({ url: brokerUrl }, topic, options, ({ attempt }) => {
      attempts.push(attempt)
      throw new Error('never')
    })
    await publishTable(topic, table)
    const letters = () => bus.deadLetterQueues.peek(topic)
    await until(async () => (await letters()).length === 1, 'the dead letter')
    assert.equal(attempts, [1, 2])
    const [letter] = await letters()
    assert.is(JSON.stringify(letter?.headers.a).match(/[{[]/g)?.length, 500)
    await kernel.stop()
  })

test.run()
