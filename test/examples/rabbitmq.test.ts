// time limit: 120 s
// node: 24 only
// coverage: none
// needs: rabbitmq
import amqplib, { type ConsumeMessage, type GetMessage } from 'amqplib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, publishRaw } from '../amqp/scene.ts'
import { brokerUrl } from '../amqp/world.ts'
import type { Command } from '../cli/command.ts'
import { removeQueues } from '../dead-letters/rabbitmq.ts'
import { eventually, withExample } from './example.ts'
import { ordersWork, post } from './orders.ts'

const test = suite('examples on RabbitMQ')
const queues = ['warehouse', 'warehouse-dead', 'billing', 'postage', 'postage.dead']

test.before(() => removeQueues(...queues))
test.after(() => removeQueues(...queues))

test('02-orders', () => ordersWork({ env: { BUS: 'amqp' } }))

test('10-publisher takes no order that nobody would get; two of 11-consumer share what comes', async () => {
  await withExample('10-publisher.ts', async (url) => {
    assert.is((await post(url, { item: 'book', quantity: 1 })).status, 500)
    await withExample('11-consumer.ts', async (_, one) => {
      await withExample('11-consumer.ts', async (__, other) => share(url, one, other))
    })
  })
})

/** Each order is billed once, and either process bills some. */
async function share(url: string, one: Command, other: Command): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => post(url, { item: 'book', quantity: 5 })),
  )
  assert.ok(answers.every(({ status }) => status === 202))
  const orders = await Promise.all(answers.map((answer) => answer.json() as Promise<{ id: string }>))
  const billed = await eventually(
    async () => orders.map(({ id }) => [one, other].filter(({ stderr }) => stderr.includes(id))),
    (all) => all.every(({ length }) => length > 0),
  )
  assert.ok(billed.every(({ length }) => length === 1))
  for (const process of [one, other]) assert.ok(billed.some(([who]) => who === process))
}

// Python need not be installed: the test does to the broker what the Python library does.
test('12-beside-python shares a queue with a Python service, and both read what the other writes', async () => {
  await channelOf(async (channel) => {
    await channel.assertQueue('postage', { durable: true, arguments: { 'x-expires': 86_400_000 } })
    await channel.bindQueue('postage', 'amq.topic', 'parcel.packed')
    const { queue: pricedHere } = await channel.assertQueue('', { exclusive: true })
    await channel.bindQueue(pricedHere, 'amq.topic', 'parcel.priced')
    const overThere: ConsumeMessage[] = []
    await channel.consume('postage', (message) => {
      if (!message) return
      overThere.push(message)
      channel.ack(message)
    })

    await withExample('12-beside-python.ts', async () => {
      for (let count = 0; count < 10; count++)
        await publishRaw('parcel.packed', fromPython({ id: 'a', kilos: 2 }))
      const here = await eventually(
        async () => (await channel.checkQueue(pricedHere)).messageCount,
        (count) => count + overThere.length === 10,
      )
      assert.ok(here > 0 && overThere.length > 0, `${here} here, ${overThere.length} over there`)
      const { content } = (await channel.get(pricedHere, { noAck: true })) as GetMessage
      const { metadata, service, data } = JSON.parse(String(content))
      assert.is(metadata.protocol_version, 'tomodachi-json-base--1.0.0')
      assert.is(metadata.topic, 'parcel.priced')
      assert.is(metadata.data_encoding, 'raw')
      assert.is(service.name, 'postage')
      assert.equal(data, { id: 'a', kilos: 2, postage: 70 })
    })
  })
})

test('12-beside-python sets aside what nobody can do', async () => {
  await withExample('12-beside-python.ts', async (url) => {
    const body = JSON.stringify({ id: 'b', kilos: 30 })
    const headers = { 'content-type': 'application/json' }
    assert.is((await fetch(`${url}/parcels`, { method: 'POST', body, headers })).status, 202)
    const dead = await eventually(takeDead, (message) => message !== false)
    const { headers: said } = (dead as GetMessage).properties
    assert.is(said?.['x-dead-letter-reason'], 'nobody carries more than 20 kg')
  })
})

/** False while there is none, nor a queue of them, which the first one makes. */
async function takeDead(): Promise<GetMessage | false> {
  const connection = await amqplib.connect(brokerUrl)
  try {
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    return await channel.get('postage.dead', { noAck: true }).catch(() => false as const)
  } finally {
    await connection.close()
  }
}

/** As the Python library writes a message, which it publishes without any properties. */
function fromPython(data: unknown): string {
  const uuid = '5d0b530f-5c44-4981-b01f-342801bd48f5'
  const metadata = {
    message_uuid: `${uuid}.11111111-2222-4333-8444-555555555555`,
    protocol_version: 'tomodachi-json-base--1.0.0',
    compatible_protocol_versions: ['json_base-wip'],
    timestamp: 1700000000.123456,
    topic: 'parcel.packed',
    data_encoding: 'raw',
  }
  return JSON.stringify({ service: { name: 'postage', uuid }, metadata, data })
}

test.run()
