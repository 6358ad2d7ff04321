// time limit: 240 s
// node: 24 only
// needs: rabbitmq
// Handlers that run longer than RabbitMQ waits for an ack: its `consumer_timeout`, 30 minutes unless it is set.
import { once } from 'node:events'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ownRabbitmq, type Rabbitmq } from '../brokers/rabbitmq.ts'
import { turnsUnready } from '../deaf.ts'
import { unique, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('the consumer timeout of RabbitMQ')
let broker: Rabbitmq

test.before(async () => {
  broker = (await ownRabbitmq()) as Rabbitmq
  assert.ok(broker, 'RabbitMQ is not installed')
  const settings = { consumer_timeout: 2_000, channel_tick_interval: 500 }
  const expressions = Object.entries(settings).map(
    ([name, value]) => `application:set_env(rabbit, ${name}, ${value})`,
  )
  await broker.control('eval', `${expressions.join(', ')}.`)
})
test.after(() => broker.remove())

test('while its channel is closed by the broker it is not ready, and then it is again', async () => {
  const [topic, aborted] = [unique('closed'), [] as unknown[]]
  const bus = amqp({ url: broker.url, queueTtl: '10m' })
  const service = new Service({ drainTimeout: 5_000 }).on(
    bus.topic(topic, { queue: topic }),
    async ({ signal, attempt }) => {
      if (attempt === 1 && aborted.length === 0) await once(signal, 'abort').then(() => aborted.push(signal))
    },
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await turnsUnready(kernel, {
    deafen: () => bus.publish(topic, 'endless').then(() => until(() => !kernel.ready)),
    repair() {},
    within: 60_000,
    part: `the queue "${topic}"`,
    reason: /timeout/,
  })
  assert.is(aborted.length, 1)
  assert.is(await kernel.stop(), 0)
})

for (const quorum of [false, true])
  test(`a handler that never ends in time: each return counts, its message is set aside, and the others go on: quorum ${quorum}`, async () => {
    const bus = amqp({ url: broker.url, queueTtl: '10m' })
    const [slow, quick] = [unique('slow'), unique('quick')]
    const [counts, handled, sent]: [number[], unknown[], unknown[]] = [[], [], ['next']]
    const given = { queue: slow, quorum, concurrency: 1, retry: { redeliveries: 2 } }
    const service = new Service({ drainTimeout: 5_000 })
      .on(bus.topic(slow, given), async ({ data, redeliveries, signal }) => {
        if (data === 'next') return void handled.push(data)
        counts.push(redeliveries)
        // In the same process, over the same connection.
        const answer = `during ${counts.length}`
        sent.push(answer)
        await bus.publish(quick, answer)
        await once(signal, 'abort')
      })
      .on(bus.topic(quick, { queue: quick }), ({ data }) => void handled.push(data))
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    await bus.publish(slow, 'endless')
    await bus.publish(slow, 'next')
    await until(async () => (await bus.deadLetterQueues.peek(`${slow}.dead`)).length > 0)
    const [letter, ...others] = await bus.deadLetterQueues.peek(`${slow}.dead`)
    assert.equal(counts, [0, 1, 2])
    assert.match(letter?.reason ?? '', /came back 3 times .* or its handler ran too long/)
    assert.is(JSON.parse(String(letter?.payload)).data, 'endless')
    assert.equal(others, [])
    await until(() => handled.length === sent.length)
    assert.equal([...handled].sort(), [...sent].sort())
    await until(() => kernel.ready)
    assert.is(await kernel.stop(), 0)
  })

test.run()
