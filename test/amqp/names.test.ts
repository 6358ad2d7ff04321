// node: 24 only
// needs: rabbitmq
import { readFileSync } from 'node:fs'
import amqplib from 'amqplib'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { brokerUrl } from './world.ts'

interface QueueName {
  readonly routing_key: string
  readonly func_name: string
  readonly uuid: string
  readonly competing: boolean | null
  readonly queue_name_prefix: string
  readonly queue_name: string
}

const fixtures = JSON.parse(readFileSync(new URL('../fixtures/names.json', import.meta.url), 'utf8')) as {
  readonly amqp_queue_names: readonly QueueName[]
  readonly amqp_routing_key_encode: readonly {
    readonly in: string
    readonly encoded: string
    readonly decoded: string
  }[]
  readonly amqp_routing_key_decode: readonly { readonly in: string; readonly decoded: string }[]
}

configureLogging({ logger: 'disabled' })

const test = suite('names on RabbitMQ')

async function broker<T>(work: (channel: amqplib.ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await amqplib.connect(brokerUrl)
  const channel = await connection.createConfirmChannel()
  try {
    return await work(channel)
  } finally {
    await connection.close()
  }
}

for (const {
  routing_key,
  func_name,
  uuid,
  competing,
  queue_name_prefix,
  queue_name,
} of fixtures.amqp_queue_names) {
  const title = `${routing_key}, competing ${competing}, prefix "${queue_name_prefix}", ${func_name}`
  test(`the queue of ${title} has the name that the Python library gives it`, async () => {
    const bus = amqp({ url: brokerUrl, queueNamePrefix: queue_name_prefix })
    // What it does not say is not competing in the Python library.
    const source = bus.topic(routing_key, { competing: competing ?? false })
    const service = new Service().on(source, () => {}, { name: func_name })
    Object.assign(service, { uuid })
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    await broker(async (channel) => {
      await channel.checkQueue(queue_name)
      // With other arguments, the broker would refuse to declare it.
      await channel.assertQueue(queue_name, { durable: true, arguments: { 'x-expires': 86_400_000 } })
      await channel.deleteQueue(queue_name)
    })
    await kernel.stop()
  })
}

for (const { in: key, encoded, decoded } of fixtures.amqp_routing_key_encode) {
  test(`the key ${key} travels as ${encoded}, and arrives as ${decoded}`, async () => {
    const bus = amqp({ url: brokerUrl, routingKeyPrefix: 'keys.' })
    const arrived: string[] = []
    const wire: string[] = []
    const service = new Service().on(
      bus.topic(key, { queue: `keys-${encoded}`, queueTtl: '1m' }),
      ({ routingKey }) => void arrived.push(routingKey),
    )
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    await broker(async (channel) => {
      const { queue } = await channel.assertQueue('', { exclusive: true })
      await channel.bindQueue(queue, 'amq.topic', `keys.${encoded}`)
      await bus.publish(key, null)
      const message = await channel.get(queue, { noAck: true })
      if (message) wire.push(message.fields.routingKey)
    })
    for (let turns = 0; arrived.length === 0 && turns < 500; turns++)
      await new Promise((r) => setTimeout(r, 10))
    assert.equal([wire, arrived], [[`keys.${encoded}`], [decoded]])
    await kernel.stop()
  })
}

for (const { in: key, decoded } of fixtures.amqp_routing_key_decode) {
  test(`the key ${key} of somebody else arrives as ${decoded}`, async () => {
    const bus = amqp({ url: brokerUrl })
    const arrived: string[] = []
    const service = new Service().on(
      bus.topic(key, { queue: `foreign-${key}`, queueTtl: '1m' }),
      ({ routingKey }) => void arrived.push(routingKey),
    )
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    const text = '{"metadata":{"data_encoding":"raw"},"data":1}'
    await broker(async (channel) => {
      channel.publish('amq.topic', key, Buffer.from(text))
      await channel.waitForConfirms()
    })
    for (let turns = 0; arrived.length === 0 && turns < 500; turns++)
      await new Promise((r) => setTimeout(r, 10))
    assert.equal(arrived, [decoded])
    await kernel.stop()
  })
}

test.run()
