// needs: rabbitmq
// One trace over every hop: HTTP, RabbitMQ, SNS and SQS, a client, and HTTP again.
import { randomUUID } from 'node:crypto'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import amqplib from 'amqplib'
import { type Adapter, configureLogging, DeadLetter, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { client, http } from 'tomodachi/http'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { brokerUrl } from '../amqp/world.ts'
import { busOn, emulator, type Fauxqs } from '../sns-sqs/world.ts'
import { until } from '../until.ts'
import { childOf, forgetSpans, keepSpans, parentOf, spans } from './spans.ts'

const test = suite('opentelemetry: one trace')
configureLogging({ logger: 'disabled' })
keepSpans()
test.before.each(forgetSpans)

const remote = '0af7651916cd43dd8448eb211c80319c'
const headers = {
  traceparent: `00-${remote}-b7ad6b7169203331-01`,
  tracestate: 'vendor=1',
  baggage: 'tenant=acme',
}

/** The spans as a tree, each child below its parent, in the order in which they began. */
function treeOf(all: readonly ReadableSpan[], root: string): unknown[] {
  return all
    .filter((span) => parentOf(span) === root)

    .map((span) => [`${span.name}`, ...treeOf(all, childOf(span))])
}

/** A shop, billing, shipping and a warehouse, each of which calls the next in another way. */
async function company(server: Fauxqs, created: string, billed: string) {
  const [front, stock] = [http({ port: 0 }), http({ port: 0 })]
  const [shopBus, rabbit] = [amqp({ url: brokerUrl }), amqp({ url: brokerUrl, queueTtl: '10m' })]
  const [billingBus, shippingBus] = [busOn(server.port), busOn(server.port)]
  const state = { billings: 0, hasDriver: false }
  const traced = (name: string, ...adapters: Adapter[]) =>
    new Service({ name, adapters: [opentelemetry(), ...adapters] })
  const start = (service: Service) => new Kernel([service], { ownsProcess: false }).start()

  const kernels = [await start(traced('warehouse').on(stock.post('/reservations'), () => [201, '']))]
  const calls = client(stock.url)
  const shipping = traced('shipping', calls).on(shippingBus.topic(billed, { queue: billed }), async () => {
    if (!state.hasDriver) throw new DeadLetter('no driver')
    await calls.post('/reservations', { json: {} })
  })
  const retry = { attempts: 2, backoff: () => 0 }
  const billing = traced('billing', billingBus).on(
    rabbit.topic(created, { queue: created, retry }),
    async () => {
      if (state.billings++ === 0) throw new Error('the bank is closed')
      await billingBus.publish(billed, {})
    },
  )
  const shop = traced('shop', shopBus).on(front.post('/orders'), async () => {
    await shopBus.publish(created, {})
    return [202, '']
  })
  for (const service of [shipping, billing, shop]) kernels.push(await start(service))
  return { url: front.url, state, deadLetters: shippingBus.deadLetterQueues, kernels }
}

test('it goes through a retry, a dead letter and its redrive', async () => {
  const server = await emulator()
  const id = randomUUID()
  const [created, billed] = [`created-${id}`, `billed-${id}`]
  const { url, state, deadLetters, kernels } = await company(server, created, billed)

  assert.is((await fetch(`${url}/orders`, { method: 'POST', headers })).status, 202)
  await until(() => spans().some(({ name }) => name === `process ${billed}`), 'the dead letter')
  state.hasDriver = true
  await until(async () => (await deadLetters.redrive(billed)) === 1)
  await until(() => spans().filter(({ name }) => name === `process ${billed}`).length === 2, 'the redrive')

  const ofTrace = spans().filter((span) => span.spanContext().traceId === remote)
  assert.is(ofTrace.length, spans().length)
  const shipped = [`process ${billed}`, ['POST', ['POST /reservations']]]
  const billings = [
    [`process ${created}`],
    [`process ${created}`, [`publish ${billed}`, [`process ${billed}`], shipped]],
  ]
  assert.equal(treeOf(ofTrace, `${remote}/b7ad6b7169203331`), [
    ['POST /orders', [`publish ${created}`, ...billings]],
  ])
  for (const kernel of kernels.reverse()) assert.is(await kernel.stop(), 0)
  await server.stop()
})

test('a request with reply is a span, with that of its handler below', async () => {
  const topic = `sum-${randomUUID()}`
  const bus = amqp({ url: brokerUrl, queueTtl: '10m' })
  const service = new Service({ name: 'sums', adapters: [opentelemetry()] }).on(
    bus.requests(topic, { queue: topic }),
    ({ data }) => (data as number[]).reduce((sum, value) => sum + value, 0) as never,
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  assert.is(await bus.request(topic, [1, 2, 3]), 6)
  await until(() => spans().length === 2)
  const request = spans().find(({ name }) => name === `request ${topic}`)
  const handled = spans().find(({ name }) => name === `process ${topic}`)
  assert.ok(request && handled)
  assert.is(parentOf(handled), childOf(request))
  assert.is(request.attributes['messaging.operation.name'], 'request')
  assert.is(request.attributes['rabbitmq.destination.routing_key'], topic)
  assert.is(await kernel.stop(), 0)
})

test('on the wire the headers have the names and types that the Python library reads', async () => {
  const topic = `wire-${randomUUID()}`
  const server = await emulator()
  const api = http({ port: 0 })
  const [rabbit, aws] = [amqp({ url: brokerUrl }), busOn(server.port)]
  const connection = await amqplib.connect(brokerUrl)
  const channel = await connection.createChannel()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, 'amq.topic', topic)
  const service = new Service({ name: 'wire', adapters: [opentelemetry(), rabbit, aws] })
    .on(
      aws.topic(topic, { queue: `${topic}-queue` }),
      ({ messageAttributes }) => void seen.push(messageAttributes),
    )
    .on(api.post('/'), async () => {
      await Promise.all([rabbit.publish(topic, {}), aws.publish(topic, {})])
    })
  const seen: Readonly<Record<string, unknown>>[] = []
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await fetch(api.url, { method: 'POST', headers })
  await until(() => seen.length === 1)
  const message = await channel.get(queue, { noAck: true })
  assert.ok(message)
  for (const fields of [message.properties.headers ?? {}, seen[0] ?? {}]) {
    assert.match(String(fields.traceparent), new RegExp(`^00-${remote}-[\\da-f]{16}-01$`))
    assert.is(fields.tracestate, 'vendor=1')
    assert.is(fields.baggage, 'tenant=acme')
  }
  await connection.close()
  assert.is(await kernel.stop(), 0)
  await server.stop()
})

test.run()
