// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Whatever a user's code throws, on RabbitMQ, and what other clients may send there.
import { configureLogging, Kernel, Service, topic } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { jsonBase, raw } from 'tomodachi/envelopes'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { brokenThenables, thrownValues } from '../hostile.ts'
import { ask } from '../http/serving.ts'
import { thrownLaws } from '../thrown-messages.ts'
import { channelOf, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('thrown values on RabbitMQ')

thrownLaws(
  test,
  async () => ({ bus: amqp({ url: brokerUrl, queueTtl: '10m' }) as never, close: async () => {} }),
  unique,
)

test('whatever a handler of requests throws, or returns, is answered', async () => {
  const [name, bus] = [unique('requests'), amqp({ url: brokerUrl, queueTtl: '10m' })]
  const requests = bus.requests(name, { retry: { attempts: 1 } })
  const service = new Service().on(requests, (({ data }: { readonly data: number }) => {
    if (data < thrownValues.length) throw thrownValues[data]?.[1]()
    return brokenThenables[data - thrownValues.length]?.[1]()
  }) as never)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const failures = await Promise.all(
    Array.from({ length: thrownValues.length + brokenThenables.length }, (_, index) =>
      bus.request(name, index).then(
        () => 'answered',
        (error) => error.code,
      ),
    ),
  )
  assert.equal([...new Set(failures)], ['REQUEST_FAILED'])
  await kernel.stop()
})

test('a reply that a schema of its topic fails on is a failure of the request, not a message that comes again', async () => {
  const fail = () => {
    throw Object.create(null)
  }
  const reply = { '~standard': { version: 1, vendor: 'test', validate: fail } } as const
  const [contract, bus] = [topic(unique('reply'), { reply }), amqp({ url: brokerUrl, queueTtl: '10m' })]
  let handled = 0
  const service = new Service().on(bus.requests(contract), () => {
    handled++
    return 1 as never
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const failure = await bus.request(contract, 1).then(
    () => assert.unreachable(),
    (error) => error,
  )
  assert.equal(
    [failure.code, failure.values.reason, handled],
    ['REQUEST_FAILED', 'a value that cannot be shown', 1],
  )
  await kernel.stop()
})

test('a reply that cannot be read is a 502 of the handler that asked for it', async () => {
  const [name, bus, api] = [
    unique('unreadable'),
    amqp({ url: brokerUrl, queueTtl: '10m' }),
    http({ port: 0 }),
  ]
  const service = new Service()
    .on(bus.requests(name, { envelope: { ...raw(), parse: jsonBase().parse } }), () => 'no JSON')
    .on(api.get('/'), async () => String(await bus.request(name, 1)))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const failure = await bus.request(name, 1).then(
    () => assert.unreachable(),
    (error) => error,
  )
  assert.equal([failure.code, failure.values.call], ['RESPONSE_UNPARSABLE', `the request on ${name}`])
  const { status, text } = await ask(api, 'GET', '/')
  assert.equal([status, text], [502, 'Bad Gateway'])
  await kernel.stop()
})

test('a reply that does not fit its schema is a 502, too', async () => {
  const [name, bus, api] = [unique('unfit'), amqp({ url: brokerUrl, queueTtl: '10m' }), http({ port: 0 })]
  const price = topic(name, { reply: z.object({ price: z.number() }) })
  const service = new Service()
    // Whoever answers knows nothing of the schema.
    .on(bus.requests(name), () => ({ price: 'much' }))
    .on(api.get('/'), async () => String((await bus.request(price, 1)).price))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const failure = await bus.request(price, 1).then(
    () => assert.unreachable(),
    (error) => error,
  )
  assert.is(failure.code, 'RESPONSE_INVALID')
  assert.match(failure.message, `the request on ${name} does not fit its schema: price`)
  const { status, text } = await ask(api, 'GET', '/')
  assert.equal([status, text], [502, 'Bad Gateway'])
  await kernel.stop()
})

test('headers of other clients that cannot become text harm nobody', async () => {
  const table = { toString: 1, valueOf: 1 }
  const headers = Object.fromEntries(
    ['attempt', 'exchange', 'routing-key', 'wait', 'failure'].map((header) => [
      `x-tomodachi-${header}`,
      table,
    ]),
  )
  const [queue, bus] = [unique('headers'), amqp({ url: brokerUrl, queueTtl: '10m' })]
  const seen: unknown[] = []
  const service = new Service().on(
    bus.topic(queue, { queue, envelope: raw() }),
    ({ attempt }) => void seen.push(attempt),
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await channelOf(async (channel) => {
    channel.sendToQueue(queue, Buffer.from('x'), { headers })
  })
  await until(() => seen.length === 1, 'the message')
  assert.equal(seen, [1])
  await kernel.stop()
})

test('the reply of another client whose failure cannot become text is a failure', async () => {
  const [key, { bus, kernel }] = [unique('failures'), await publisher({ url: brokerUrl })]
  await channelOf(async (channel) => {
    const { queue } = await channel.assertQueue('', { exclusive: true })
    await channel.bindQueue(queue, 'amq.topic', key)
    await channel.consume(queue, (message) => {
      const { replyTo = '', correlationId } = message?.properties ?? {}
      const headers = { 'x-tomodachi-failure': { toString: 1 } }
      channel.sendToQueue(replyTo, Buffer.from(''), { correlationId, headers })
    })
    const failure = await bus.request(key, 1).then(
      () => assert.unreachable(),
      (error) => error,
    )
    assert.equal([failure.code, failure.values.reason], ['REQUEST_FAILED', 'a value that cannot be shown'])
  })
  await kernel.stop()
})

test.run()
