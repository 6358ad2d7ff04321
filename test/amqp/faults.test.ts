// time limit: 240 s
// node: 24 only
// needs: rabbitmq
import { setTimeout as sleep } from 'node:timers/promises'
import amqplib from 'amqplib'
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FaultProxy } from '../chaos/proxy.ts'
import { consumer, type Given, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

const test = suite('faults of the network')

interface Line {
  readonly message: string
  readonly fields: Record<string, unknown>
}

/** The warnings and errors that are logged from now on. */
function logged(): Line[] {
  const lines: Line[] = []
  const keep = (message: string, fields: Record<string, unknown>) => void lines.push({ message, fields })
  const ignore = () => {}
  configureLogging({ logger: { debug: ignore, info: ignore, warn: keep, error: keep } })
  return lines
}

test.before.each(() => configureLogging({ logger: 'disabled' }))

test('C15 what was confirmed arrives, although connections are cut all the time', async () => {
  const [topic, proxy] = [unique('topic'), await FaultProxy.before(brokerUrl)]
  const [confirmed, handled] = [new Set<number>(), new Map<number, number>()]
  const handle = ({ data }: Given) => void handled.set(Number(data), (handled.get(Number(data)) ?? 0) + 1)
  const consumers = [1, 2].map(() => consumer({ url: proxy.url }, topic, { queue: topic }, handle))
  const kernels = (await Promise.all(consumers)).map(({ kernel }) => kernel)
  const { bus, kernel } = await publisher({ url: proxy.url })
  const ways = [() => proxy.reset(), () => proxy.drop()]
  let cuts = 0
  const cutting = setInterval(() => ways[cuts++ % 2]?.(), 1_000)
  let next = 0
  const publish = async () => {
    while (next < 3_000 || cuts < 3) {
      const number = next++
      await bus.publish(topic, number)
      confirmed.add(number)
      if (number % 10 === 0) await sleep(20)
    }
  }
  await Promise.all(Array.from({ length: 20 }, publish))
  clearInterval(cutting)
  assert.is(confirmed.size, next)
  await until(() => handled.size === next, 'all that was confirmed is handled')
  for (const each of [...kernels, kernel]) assert.is(await each.stop(), 0)
  proxy.close()
})

test('C20 a message that waits for its retry survives every cut', async () => {
  const [topic, proxy] = [unique('topic'), await FaultProxy.before(brokerUrl)]
  const handled = new Set<unknown>()
  let cuts = 0
  const options = { queue: topic, retry: { attempts: 1_000, backoff: () => 20 } }
  const { kernel } = await consumer({ url: proxy.url }, topic, options, ({ data, attempt }) => {
    // The cut comes while the copy is on its way, or confirmed and the original not yet acked.
    if (Number(data) % 10 === 0 && cuts++ < 30) setTimeout(() => proxy.reset(), Math.random() * 20)
    if (attempt < 3) throw new Error('not yet')
    handled.add(data)
  })
  const { bus, kernel: publishing } = await publisher({ url: brokerUrl })
  await Promise.all(Array.from({ length: 100 }, (_, number) => bus.publish(topic, number)))
  await until(() => handled.size === 100, 'every message is handled')
  await kernel.stop()
  await publishing.stop()
  proxy.close()
})

test('what was under way at a cut is sent again with the same id', async () => {
  const [topic, proxy] = [unique('topic'), await FaultProxy.before(brokerUrl)]
  const ids = new Map<unknown, Set<string | undefined>>()
  const { kernel } = await consumer({ url: brokerUrl }, topic, { queue: topic }, ({ data, properties }) => {
    ids.set(data, (ids.get(data) ?? new Set()).add(properties.messageId))
  })
  const { bus, kernel: publishing } = await publisher({ url: proxy.url })
  const publishes = Array.from({ length: 200 }, (_, number) => bus.publish(topic, number))
  await sleep(1)
  proxy.reset()
  await Promise.all(publishes)
  await until(() => ids.size === 200, 'every message arrives')
  for (const [data, own] of ids) assert.is(own.size, 1, `message ${data} has ${own.size} ids`)
  await kernel.stop()
  await publishing.stop()
  proxy.close()
})

test('C36 a half-open connection is noticed by its heartbeat, and replaced', async () => {
  const [topic, proxy] = [unique('topic'), await FaultProxy.before(brokerUrl)]
  const handled: unknown[] = []
  const options = { url: proxy.url, heartbeat: '1s' } as const
  const { bus, kernel } = await consumer(
    options,
    topic,
    { queue: topic },
    ({ data }) => void handled.push(data),
  )
  await bus.publish(topic, 'before')
  await until(() => handled.includes('before'), 'the first message arrives')
  assert.ok(kernel.ready)
  proxy.halfOpen()
  const late = bus.publish(topic, 'after')
  await until(() => !kernel.ready, 'it is not ready any more')
  await until(() => kernel.ready, 'it is ready again')
  await late
  await until(() => handled.includes('after'), 'what was published meanwhile arrives')
  assert.is(await kernel.stop(), 0)
  proxy.close()
})

test('C38 a lost channel aborts the signal; what is settled then is ignored, counted and logged', async () => {
  const [topic, proxy] = [unique('topic'), await FaultProxy.before(brokerUrl)]
  const lines = logged()
  const seen: { attempt: number; redelivered: boolean; signal: AbortSignal }[] = []
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const { bus, kernel } = await consumer({ url: proxy.url }, topic, { queue: topic }, async (given) => {
    seen.push(given)
    if (seen.length === 1) await finished
  })
  await bus.publish(topic, 'message')
  await until(() => seen.length === 1, 'the handler runs')
  proxy.reset()
  await until(() => seen.length === 2, 'the message is handed out again')
  finish()
  const [first, second] = seen
  assert.ok(first?.signal.aborted, 'the signal has not aborted')
  assert.not.ok(second?.signal.aborted)
  assert.is(second?.attempt, 1, 'an attempt was counted')
  assert.ok(second?.redelivered)
  const taken = lines.find(({ message }) => message === 'messages were taken from their handlers')
  assert.is(taken?.fields.count, 1)
  assert.is(taken?.fields.queue, topic)
  await until(() => kernel.ready, 'it is ready again')
  assert.is(await kernel.stop(), 0)
  assert.is(seen.length, 2)
  proxy.close()
})

test('C33 a channel that is closed alone is opened again, and only who is to blame fails', async () => {
  const topic = unique('topic')
  const handled: unknown[] = []
  const { bus, kernel } = await consumer(
    { url: brokerUrl },
    topic,
    { queue: topic },
    ({ data }) => void handled.push(data),
  )
  const good = [1, 2, 3].map((number) => bus.publish(topic, number))
  const bad = await bus.publish(topic, 'nowhere', { exchange: unique('missing') }).catch((error) => error)
  assert.is(bad.code, 'BROKER_OBJECT_MISSING')
  assert.match(bad.message, 'the exchange "missing-')
  await Promise.all(good)
  await bus.publish(topic, 4)
  await until(() => handled.length >= 4, 'every message arrives')
  assert.is(await kernel.stop(), 0)
})

test('C29 a stop while it is reconnecting does not wait for the broker', async () => {
  const [topic, proxy] = [unique('topic'), await FaultProxy.before(brokerUrl)]
  const { kernel } = await consumer({ url: proxy.url }, topic, { queue: topic }, () => {})
  proxy.refuse()
  proxy.reset()
  await until(() => !kernel.ready, 'it is not ready any more')
  const before = performance.now()
  assert.is(await kernel.stop(), 0)
  assert.ok(performance.now() - before < 3_000, 'the stop took too long')
  proxy.close()
})

test('C29 a stop while it is starting ends the start', async () => {
  const proxy = await FaultProxy.before(brokerUrl)
  proxy.refuse()
  const { amqp } = await import('tomodachi/amqp')
  const { Kernel, Service } = await import('tomodachi')
  const bus = amqp({ url: proxy.url, startTimeout: 60_000 })
  const kernel = new Kernel([new Service().on(bus.topic(unique('topic')), () => {})], { ownsProcess: false })
  const starting = kernel.start().catch((error) => error)
  await sleep(300)
  await kernel.stop()
  assert.is((await starting).code, 'STOPPED_WHILE_STARTING')
  proxy.close()
})

test('messages are published in order, over a cut too', async () => {
  const [topic, proxy] = [unique('topic'), await FaultProxy.before(brokerUrl)]
  const connection = await amqplib.connect(brokerUrl)
  const channel = await connection.createChannel()
  await channel.assertQueue(topic, { exclusive: true })
  await channel.bindQueue(topic, 'amq.topic', topic)
  const { bus, kernel } = await publisher({ url: proxy.url })
  const publishes = Array.from({ length: 300 }, (_, number) => bus.publish(topic, number))
  await sleep(2)
  proxy.reset()
  await Promise.all(publishes)
  const numbers: number[] = []
  for (let next = await channel.get(topic); next; next = await channel.get(topic))
    numbers.push(JSON.parse(next.content.toString()).data)
  const first = numbers.filter((number, index) => numbers.indexOf(number) === index)
  assert.equal(
    first,
    Array.from({ length: 300 }, (_, number) => number),
  )
  await kernel.stop()
  await connection.close()
  proxy.close()
})

test.run()
