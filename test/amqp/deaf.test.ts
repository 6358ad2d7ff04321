// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// A consumer that gets no messages makes the service unready within the time that `kernel/guides/operating.md` states.
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { FaultProxy } from '../chaos/proxy.ts'
import { type Deafness, turnsUnready } from '../deaf.ts'
import { sideBySide } from '../side-by-side.ts'
import { channelOf, consumer, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('deaf consumers of RabbitMQ')
/** A step of the broker may take so long, in milliseconds. */
const patience = 10_000

/** Over a proxy: before the consumer is deaf, a message arrives, and another one afterwards. */
async function hears(inspectionInterval: number, deafness: (topic: string, proxy: FaultProxy) => Deafness) {
  const [topic, proxy] = [unique('deaf'), await FaultProxy.before(brokerUrl)]
  const handled: unknown[] = []
  const { bus, kernel } = await consumer(
    { url: proxy.url, inspectionInterval },
    topic,
    { queue: topic },
    ({ data }) => void handled.push(data),
  )
  await bus.publish(topic, 'before')
  await until(() => handled.includes('before'))
  await turnsUnready(kernel, deafness(topic, proxy))
  await bus.publish(topic, 'after')
  await until(() => handled.includes('after'))
  assert.is(await kernel.stop(), 0)
  proxy.close()
}

test('a consumer that the broker has cancelled', () =>
  hears(600_000, (topic) => ({
    deafen: () => channelOf((channel) => channel.deleteQueue(topic)),
    repair() {},
    within: 0,
    part: `the queue "${topic}"`,
    reason: /cancelled the consumer|not consumed yet/,
  })))

test('a connection over which nothing passes', () =>
  hears(500, (_, proxy) => ({
    deafen: () => proxy.stall({ all: true }),
    repair: () => proxy.resume(),
    // It asks once more, whether the broker is only slow.
    within: 500 + 2 * patience,
    part: 'the connection',
    reason: /does not answer/,
  })))

test.run()
