// time limit: 120 s
// node: 24 only
// needs: rabbitmq
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, DeadLetter, Kernel, Service, topic } from 'tomodachi'
import { type AmqpBus, amqp } from 'tomodachi/amqp'
import type { Format } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { FaultProxy } from '../chaos/proxy.ts'
import { publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('requests')

const priceOf = (name = unique('price')) =>
  topic(name, { schema: z.object({ item: z.string() }), reply: z.object({ price: z.number() }) })

async function serving(setUp: (service: Service, bus: AmqpBus) => void, url = brokerUrl) {
  const bus = amqp({ url, queueTtl: '10m' })
  const service = new Service({ drainTimeout: 5_000 })
  setUp(service, bus)
  return { bus, kernel: await new Kernel([service], { ownsProcess: false }).start() }
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => assert.unreachable('no failure'),
    (error) => error,
  )

test('a request is answered by what its handler returns, many at a time', async () => {
  const price = priceOf()
  const { kernel } = await serving((service, bus) =>
    service.on(bus.requests(price), async ({ data }) => {
      await sleep(Math.random() * 20)
      return { price: Number(data.item) * 2 }
    }),
  )
  const { bus, kernel: asking } = await publisher({ url: brokerUrl })
  const replies = Array.from({ length: 100 }, (_, number) => bus.request(price, { item: String(number) }))
  assert.equal(
    (await Promise.all(replies)).map((reply) => reply.price),
    Array.from({ length: 100 }, (_, n) => n * 2),
  )
  for (const each of [asking, kernel]) assert.is(await each.stop(), 0)
})

test('requests and replies go out as they are given, and arrive as their schemas make them', async () => {
  const price = topic(unique('price'), {
    schema: z.object({ item: z.string().transform(Number), currency: z.string().default('EUR') }),
    reply: z.object({ price: z.number(), until: z.iso.datetime().transform((text) => new Date(text)) }),
  })
  const { kernel } = await serving((service, bus) =>
    service.on(bus.requests(price), ({ data }) => {
      assert.equal(data, { item: 7, currency: 'EUR' })
      return { price: data.item * 2, until: '2027-01-31T08:00:00.000Z' }
    }),
  )
  const { bus, kernel: asking } = await publisher({ url: brokerUrl })
  const { price: asked, until: end } = await bus.request(price, { item: '7' })
  assert.equal([asked, end.getTime()], [14, Date.parse('2027-01-31T08:00:00.000Z')])
  for (const each of [asking, kernel]) assert.is(await each.stop(), 0)
})

test('an ordinary message on the topic of requests needs no reply', async () => {
  const [price, seen] = [priceOf(), [] as string[]]
  const { bus, kernel } = await serving((service, one) =>
    service.on(one.requests(price), ({ data }) => {
      seen.push(data.item)
      return { price: 1 }
    }),
  )
  await bus.publish(price, { item: 'a' })
  await until(() => seen.length === 1, 'the message is handled')
  assert.is(await kernel.stop(), 0)
})

test('a reply names the service of its handler as its sender', async () => {
  const [name, senders] = [unique('sender'), [] as string[]]
  const envelope: Format = {
    build: (data, _, { name }) => {
      senders.push(name)
      return JSON.stringify(data)
    },
    parse: (payload) => ({
      data: JSON.parse(Buffer.from(payload as Uint8Array).toString()),
      metadata: undefined,
    }),
  }
  const bus = amqp({ url: brokerUrl, queueTtl: '10m', envelope })
  const asking = new Service({ name: 'asking', adapters: [bus] })
  const answering = new Service({ name: 'answering' }).on(bus.requests(name), () => 1)
  const other = new Service({ name: 'other', adapters: [bus] })
  const kernel = await new Kernel([asking, answering, other], { ownsProcess: false }).start()
  assert.is(await bus.request(name, 1), 1)
  assert.equal(senders, ['asking', 'answering'])
  await kernel.stop()
})

test('a request that fails is retried, and answered when it works', async () => {
  const [price, attempts] = [priceOf(), [] as number[]]
  const { bus, kernel } = await serving((service, one) =>
    service.on(one.requests(price, { retry: { backoff: () => 20 } }), ({ attempt }) => {
      attempts.push(attempt)
      if (attempt < 3) throw new Error('not yet')
      return { price: attempt }
    }),
  )
  assert.equal(await bus.request(price, { item: 'a' }), { price: 3 })
  assert.equal(attempts, [1, 2, 3])
  await kernel.stop()
})

test('who asks is told when there will be no reply', async () => {
  const [aside, wrong, slow] = [priceOf(), priceOf(), priceOf()]
  const { bus, kernel } = await serving((service, one) =>
    service
      .on(one.requests(aside), () => {
        throw new DeadLetter('no such item')
      })
      .on(one.requests(wrong), () => ({ price: 'much' }) as never)
      .on(one.requests(slow), async () => {
        await sleep(400)
        return { price: 1 }
      }),
  )
  const dead = await failureOf(bus.request(aside, { item: 'a' }))
  assert.is(dead.code, 'REQUEST_FAILED')
  assert.match(dead.message, 'no such item')
  const unfit = await failureOf(bus.request(wrong, { item: 'a' }))
  assert.is(unfit.code, 'REQUEST_FAILED')
  assert.match(unfit.message, 'does not fit its schema: price')
  const late = await failureOf(bus.request(slow, { item: 'a' }, { timeout: 100 }))
  assert.is(late.code, 'REQUEST_TIMEOUT')
  assert.match(late.message, '100 ms')
  const nobody = await failureOf(bus.request(priceOf(), { item: 'a' }))
  assert.is(nobody.code, 'PUBLISH_UNROUTABLE')
  const invalid = await failureOf(bus.request(aside, { item: 1 } as never))
  assert.is(invalid.code, 'PAYLOAD_INVALID')
  assert.is(await kernel.stop(), 0)
})

test('C31 a draining handler still answers, and its requester waits for it while it drains itself', async () => {
  const price = priceOf()
  let begun = false
  const { kernel } = await serving((service, bus) =>
    service.on(bus.requests(price), async () => {
      begun = true
      await sleep(500)
      return { price: 7 }
    }),
  )
  const { bus, kernel: asking } = await publisher({ url: brokerUrl })
  const reply = bus.request(price, { item: 'a' })
  await until(() => begun, 'the handler runs')
  const stopped = [kernel.stop(), asking.stop()]
  assert.equal(await reply, { price: 7 })
  assert.equal(await Promise.all(stopped), [0, 0])
})

test('C31 requests that nobody has answered are rejected when the bus closes', async () => {
  const name = unique('silent')
  const { kernel } = await serving((service, bus) => service.on(bus.topic(name), () => sleep(3_000)))
  const bus = amqp({ url: brokerUrl })
  const service = new Service({ adapters: [bus], drainTimeout: 200 })
  const asking = await new Kernel([service], { ownsProcess: false }).start()
  const failing = failureOf(bus.request(name, 1))
  await sleep(100)
  assert.is(await asking.stop(), 1)
  const error = await failing
  assert.is(error.code, 'REQUEST_FAILED')
  assert.match(error.message, 'the bus was closed')
  await kernel.stop()
})

test('a request whose way back is lost is rejected at once, and later ones work', async () => {
  const price = priceOf()
  const proxy = await FaultProxy.before(brokerUrl)
  let begun = 0
  let mayAnswer = () => {}
  const released = new Promise<void>((resolve) => {
    mayAnswer = resolve
  })
  const { kernel } = await serving((service, bus) =>
    service.on(bus.requests(price), async () => {
      if (++begun === 1) await released
      return { price: begun }
    }),
  )
  const { bus, kernel: asking } = await publisher({ url: proxy.url })
  const lost = failureOf(bus.request(price, { item: 'a' }, { timeout: 60_000 }))
  await until(() => begun === 1, 'the handler runs')
  // Confirmed behind it: the request is, too. An unconfirmed one would be sent again.
  await bus.publish(unique('topic'), 'any')
  proxy.reset()
  const error = await lost
  mayAnswer()
  assert.is(error.code, 'REQUEST_FAILED')
  assert.match(error.message, 'the connection was lost')
  assert.is((await bus.request(price, { item: 'b' })).price > 0, true)
  for (const each of [asking, kernel]) await each.stop()
  proxy.close()
})

test.run()
