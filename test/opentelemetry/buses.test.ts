// time limit: 120 s
// needs: rabbitmq, redis
import { randomUUID } from 'node:crypto'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { configureLogging, Kernel, type MessageBus, Service } from 'tomodachi'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { amqpWorld } from '../amqp/world.ts'
import type { BusWorld } from '../bus-world.ts'
import { memoryWorld } from '../memory/world.ts'
import { redisWorld } from '../redis/world.ts'
import { snsSqsWorld } from '../sns-sqs/world.ts'
import { until } from '../until.ts'
import { childOf, forgetSpans, keepSpans, parentOf, spans } from './spans.ts'

configureLogging({ logger: 'disabled' })
keepSpans()

/** How each bus calls itself when a message is sent to a topic, and when it is handled. */
const buses: readonly (readonly [string, () => BusWorld | Promise<BusWorld>, string, string])[] = [
  ['memory', memoryWorld, 'memory', 'memory'],
  ['amqp', amqpWorld, 'rabbitmq', 'rabbitmq'],
  ['redis', redisWorld, 'redis', 'redis'],
  ['sns-sqs', snsSqsWorld, 'aws.sns', 'aws.sqs'],
]

const remote = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
const retry = { attempts: 2, backoff: () => 0 }

function named(name: string): readonly ReadableSpan[] {
  return spans().filter((span) => span.name === name)
}

/** Runs a service on a bus of its own. */
async function running(world: BusWorld, build: (bus: MessageBus, service: Service) => void) {
  const bus = world.bus()
  const service = new Service({ name: 'traced', adapters: [opentelemetry(), bus] })
  build(bus, service)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  return { bus, kernel }
}

for (const [name, worldOf, sendSystem, system] of buses) {
  const test = suite(`opentelemetry: ${name}`)
  let world: BusWorld
  test.before(async () => {
    world = await worldOf()
  })
  test.before.each(forgetSpans)
  test.after(() => world.close())

  test('a message is handled within the trace of its publisher, whatever case its headers have', async () => {
    const topic = `traced-${randomUUID()}`
    const { bus, kernel } = await running(world, (bus, service) => {
      service.on(bus.topic(topic, { queue: `${topic}-queue` }), () => bus.publish(`${topic}-next`, {}))
    })
    await bus.publish(topic, { id: 1 })
    await bus.publish(
      topic,
      { id: 2 },
      { headers: { Traceparent: remote.traceparent, traceparent: undefined } as never },
    )
    await until(() => named(`process ${topic}`).length === 2)
    const [publish] = named(`publish ${topic}`)
    const first = named(`process ${topic}`).find(({ parentSpanContext }) => parentSpanContext)
    assert.ok(publish && first)
    assert.is(publish.kind, SpanKind.PRODUCER)
    assert.is(publish.attributes['messaging.system.name'], sendSystem)
    assert.is(publish.attributes['messaging.operation.name'], 'publish')
    assert.is(publish.attributes['messaging.operation.type'], 'send')
    assert.is(publish.attributes['messaging.destination.name'], topic)
    assert.ok(Number(publish.attributes['messaging.message.body.size']) > 0)
    assert.is(first.kind, SpanKind.CONSUMER)
    assert.is(parentOf(first), childOf(publish))
    assert.is(first.attributes['messaging.system.name'], system)
    assert.is(first.attributes['messaging.destination.name'], topic)
    assert.is(first.attributes['messaging.destination.subscription.name'], `${topic}-queue`)
    assert.is(first.attributes['messaging.operation.type'], 'process')
    assert.is(first.attributes['tomodachi.settlement'], 'acked')
    assert.is(first.status.code, SpanStatusCode.UNSET)
    await until(() => named(`publish ${topic}-next`).length === 2)
    const next = named(`publish ${topic}-next`).map(parentOf)
    assert.ok(next.includes(childOf(first)))
    assert.is(await kernel.stop(), 0)
  })

  test('a retry is another span below the same publish, and a dead letter and its redrive stay in the trace', async () => {
    const topic = `retried-${randomUUID()}`
    const queue = `${topic}-queue`
    let isMended = false
    const { bus, kernel } = await running(world, (bus, service) => {
      service.on(bus.topic(topic, { queue, retry }), () => {
        if (!isMended) throw new RangeError('not yet')
      })
    })
    await bus.publish(topic, { id: 1 })
    await until(() => named(`process ${topic}`).length === 2, 'two tries')
    const [publish] = named(`publish ${topic}`)
    assert.ok(publish)
    const tries = named(`process ${topic}`)
    assert.equal(tries.map(parentOf), [childOf(publish), childOf(publish)])
    assert.equal(
      tries.map(({ attributes }) => [attributes['tomodachi.settlement'], attributes['error.type']]),
      [
        ['released', 'RangeError'],
        ['deadLettered', 'RangeError'],
      ],
    )
    assert.equal(
      tries.map(({ attributes }) => attributes['tomodachi.message.attempt']),
      [1, 2],
    )
    for (const { status } of tries) assert.is(status.code, SpanStatusCode.ERROR)
    isMended = true
    await until(async () => (await bus.deadLetterQueues.redrive(queue)) === 1)
    await until(() => named(`process ${topic}`).length === 3, 'the redrive')
    assert.is(parentOf(named(`process ${topic}`)[2] as ReadableSpan), childOf(publish))
    assert.is(await kernel.stop(), 0)
  })

  test('a batch is linked to each of its messages, and what its handler publishes is in its trace', async () => {
    const topic = `batch-${randomUUID()}`
    const { bus, kernel } = await running(world, (bus, service) => {
      service.on(bus.topic(topic, { batch: { size: 3, wait: '5s' } }), () => bus.publish(`${topic}-next`, {}))
    })
    await Promise.all([1, 2, 3].map((id) => bus.publish(topic, { id })))
    await until(() => named(`process ${topic}`).length === 1)
    const [batch] = named(`process ${topic}`)
    const [next] = named(`publish ${topic}-next`)
    assert.ok(batch && next)
    assert.is(batch.parentSpanContext, undefined)
    assert.is(batch.attributes['messaging.batch.message_count'], 3)
    assert.equal(
      batch.links.map(({ context }) => context.spanId).sort(),
      named(`publish ${topic}`)
        .map((span) => span.spanContext().spanId)
        .sort(),
    )
    assert.is(parentOf(next), childOf(batch))
    assert.is(await kernel.stop(), 0)
  })

  test('a payload that cannot be read has a span that says so', async () => {
    const topic = `unread-${randomUUID()}`
    const { kernel } = await running(world, (bus, service) => {
      service.on(bus.topic(topic, { queue: `${topic}-queue` }), () => {})
    })
    await world.publishRaw(topic, 'no JSON at all')
    await until(() => named(`process ${topic}`).length === 1)
    const [span] = named(`process ${topic}`)
    assert.is(span?.attributes['error.type'], 'PAYLOAD_UNPARSABLE')
    assert.is(span?.attributes['tomodachi.settlement'], 'deadLettered')
    assert.is(await kernel.stop(), 0)
  })
  test.run()
}
