// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// What somebody else does to the topology while a bus is connected.
import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, envelopeOf, publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('consumers are looked after')
const url = brokerUrl

/** The messages of warnings from now on. */
function warnings(): [message: string, queue: unknown][] {
  const lines: [string, unknown][] = []
  const ignore = () => {}
  const warn = (message: string, { queue }: Record<string, unknown>) => void lines.push([message, queue])
  configureLogging({ logger: { debug: ignore, info: ignore, warn, error: ignore } })
  return lines
}

test('an exchange and a binding that somebody removes are made again', async () => {
  const [topic, exchangeName] = [unique('topic'), unique('exchange')]
  const handled: unknown[] = []
  const options = { url, exchangeName, inspectionInterval: 50 }
  const { bus, kernel } = await consumer(
    options,
    topic,
    { queue: topic },
    ({ data }) => void handled.push(data),
  )
  for (const remove of ['exchange', 'binding'] as const) {
    await channelOf(async (channel) => {
      if (remove === 'exchange') await channel.deleteExchange(exchangeName)
      else await channel.unbindQueue(topic, exchangeName, topic)
    })
    await until(
      () =>
        bus.publish(topic, remove, { mandatory: true }).then(
          () => true,
          () => false,
        ),
      `messages come in again without the ${remove}`,
    )
    await until(() => handled.includes(remove), 'it is handled')
  }
  await kernel.stop()
  await channelOf((channel) => channel.deleteExchange(exchangeName))
})

test('a publisher declares its exchange again when somebody has removed it', async () => {
  const exchangeName = unique('exchange')
  const { bus, kernel } = await publisher({ url, exchangeName })
  await channelOf((channel) => channel.deleteExchange(exchangeName))
  await bus.publish('anything', 1)
  await channelOf((channel) => channel.checkExchange(exchangeName))
  await channelOf((channel) => channel.deleteExchange(exchangeName))
  await kernel.stop()
})

test('where nothing is declared, an exchange that is missing is told, and the queue goes on', async () => {
  const [topic, exchange] = [unique('topic'), unique('exchange')]
  const declare = () =>
    channelOf(async (channel) => {
      await channel.assertExchange(exchange, 'topic')
      for (const queue of [topic, `${topic}.dead`]) await channel.assertQueue(queue)
      await channel.bindQueue(topic, exchange, topic)
    })
  await declare()
  const handled: unknown[] = []
  const options = { url, declare: false, inspectionInterval: 50 }
  const own = { queue: topic, exchange }
  const { bus, kernel } = await consumer(options, topic, own, ({ data }) => void handled.push(data))
  const lines = warnings()
  await channelOf((channel) => channel.deleteExchange(exchange))
  await until(() => !kernel.ready, 'it is not ready')
  const reason = `the exchange "${exchange}" does not exist`
  assert.equal(
    kernel.problems.map(({ adapter, part }) => [adapter, part]),
    [['amqp', `the queue "${topic}"`]],
  )
  assert.match(kernel.problems[0]?.reason ?? '', reason)
  assert.equal(bus.problems?.length, 1)
  assert.equal(lines, [['messages do not come into a queue', topic]])
  await channelOf(async (channel) => void channel.sendToQueue(topic, Buffer.from(envelopeOf('by queue'))))
  await until(() => handled.length === 1 || handled.includes('by queue'), 'what is in the queue is handled')
  await declare()
  await until(() => kernel.ready, 'it is ready again')
  assert.equal(kernel.problems, [])
  configureLogging({ logger: 'disabled' })
  await kernel.stop()
  await channelOf(async (channel) => {
    await channel.deleteExchange(exchange)
    for (const queue of [topic, `${topic}.dead`]) await channel.deleteQueue(queue)
  })
})

test('the standby of a single active consumer stays attached while messages wait', async () => {
  const topic = unique('topic')
  const options = { url, inspectionInterval: 20 }
  const own = { queue: topic, concurrency: 1, arguments: { 'x-single-active-consumer': true } }
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const [active, standby] = [new Set<unknown>(), new Set<unknown>()]
  const first = await consumer(options, topic, own, async ({ data }) => {
    active.add(data)
    await finished
  })
  const second = await consumer(options, topic, own, ({ data }) => void standby.add(data))
  const lines = warnings()
  for (const number of [1, 2, 3]) await first.bus.publish(topic, number)
  let looks = 0
  await until(() => {
    assert.ok(second.kernel.ready)
    return active.size === 1 && looks++ > 60
  }, 'it is looked after many times')
  assert.equal(lines, [])
  configureLogging({ logger: 'disabled' })
  const stopped = first.kernel.stop()
  finish()
  await stopped
  await until(() => active.size + standby.size === 3, 'the standby takes over')
  await second.kernel.stop()
})

test('a queue that cannot be declared again fails alone, and is named by log and health', async () => {
  const [good, bad] = [unique('good'), unique('bad')]
  const handled: unknown[] = []
  const bus = amqp({ url, queueTtl: '10m' })
  const service = new Service()
    .on(bus.topic(good, { queue: good }), ({ data }) => void handled.push(data))
    .on(bus.topic(bad, { queue: bad }), () => {})
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const lines = warnings()
  // Within one channel, so that the bus does not come between.
  await channelOf(async (channel) => {
    await Promise.all([channel.deleteQueue(bad), channel.assertQueue(bad, { maxPriority: 3 })])
  })
  await until(
    () => kernel.problems.some(({ reason }) => reason.includes('different arguments')),
    'it is told',
  )
  assert.not(kernel.ready)
  assert.equal(
    kernel.problems.map(({ part }) => part),
    [`the queue "${bad}"`],
  )
  await until(
    () => lines.some(([message]) => message === 'a queue cannot be consumed, will be tried again'),
    'log',
  )
  assert.ok(lines.every(([, queue]) => queue === bad))
  await bus.publish(good, 1, { mandatory: true })
  await until(() => handled.length === 1, 'the other one works')
  await channelOf((channel) => channel.deleteQueue(bad))
  await until(() => kernel.ready, 'it is consumed again')
  configureLogging({ logger: 'disabled' })
  await kernel.stop()
})

test.run()
