// time limit: 120 s
// node: 24 only
// needs: redis
// A server that says nothing makes the service unready within the time that `kernel/guides/operating.md` states.
import { configureLogging, type Kernel } from 'tomodachi'
import { redis } from 'tomodachi/redis'
import * as assert from 'uvu/assert'
import { ownRedis } from '../brokers/redis.ts'
import { FaultProxy } from '../chaos/proxy.ts'
import { turnsUnready } from '../deaf.ts'
import { sideBySide } from '../side-by-side.ts'
import { consuming, unique, until } from './scene.ts'
import { serverUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('deaf consumers of Redis')
const stated = {
  within: 15_000,
  part: 'the connection',
  reason: /the server has not answered for 10000 ms/,
}

/** Before the consumer is deaf, a message arrives, and another one afterwards. */
async function hears(url: string, whileDeaf: (kernel: Kernel) => Promise<void>) {
  const [bus, handled] = [redis({ url, prefix: unique('deaf') }), [] as unknown[]]
  const kernel = await consuming(bus, 'topic', { queue: 'queue' }, ({ data }) => void handled.push(data))
  await bus.publish('topic', 'before')
  await until(() => handled.includes('before'))
  await whileDeaf(kernel)
  await bus.publish('topic', 'after')
  await until(() => handled.includes('after'))
  assert.is(await kernel.stop(), 0)
}

test('a server that is frozen', async () => {
  const server = await ownRedis()
  if (!server) throw new Error('Redis is not installed')
  await hears(server.url, (kernel) =>
    turnsUnready(kernel, { deafen: () => server.freeze(), repair: () => server.thaw(), ...stated }),
  )
  server.remove()
})

test('a proxy through which nothing passes', async () => {
  const proxy = await FaultProxy.before(serverUrl)
  await hears(proxy.url.replace('amqp:', 'redis:'), (kernel) =>
    turnsUnready(kernel, {
      deafen: () => proxy.stall({ all: true }),
      repair: () => proxy.resume(),
      ...stated,
    }),
  )
  proxy.close()
})

test.run()
