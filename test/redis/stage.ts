import { configureLogging } from 'tomodachi'
import { ownRedis, type Redis } from '../brokers/redis.ts'
import { consuming, started } from './scene.ts'
import { connected, redisWorld } from './world.ts'

type Fields = Record<string, unknown>

/** What is logged from now on; `clear` forgets it. */
export function logging() {
  let logged: [message: string, fields: Fields][] = []
  const keep = (message: string, fields: Fields) => void logged.push([message, fields])
  configureLogging({ logger: { debug() {}, info: keep, warn: keep, error: keep } })
  return {
    isTold: (message: string) => logged.some(([told]) => told.includes(message)),
    text: () => JSON.stringify(logged),
    clear: () => {
      logged = []
    },
  }
}

/** A server of a suite's own, with parameters as on its command line: there while its tests run. */
export function serverOf(
  test: { before(hook: () => Promise<void>): unknown; after(hook: () => void): unknown },
  ...parameters: readonly string[]
): () => Redis {
  let server: Redis | undefined
  test.before(async () => {
    server = await ownRedis(...parameters)
    if (!server) throw new Error('Redis is not installed')
  })
  test.after(() => server?.remove())
  return () => server as Redis
}

/** A world, a publisher, a consumer of `topic` in `queue`, and what this was given. */
export async function stage(server: Redis, handle: (data: unknown) => unknown = () => {}) {
  const world = await redisWorld({ lease: 1_000 }, server.url)
  const seen: unknown[] = []
  const publisher = world.bus()
  const kernels = [await started(publisher)]
  const consume = async () => {
    const kernel = await consuming(world.bus(), 'topic', { queue: 'queue' }, ({ data }) => {
      seen.push(data)
      return handle(data)
    })
    kernels.push(kernel)
    return kernel
  }
  const key = `${world.prefix}:queue:queue`
  const ask = async (...words: string[]) =>
    (await connected(server.url).then(async (client) => {
      try {
        return await client.sendCommand(words, { typeMapping: {} })
      } finally {
        await client.close()
      }
    })) as unknown
  const close = async () => {
    for (const kernel of kernels) await kernel.stop()
    await world.close()
  }
  return { ...world, publisher, consume, seen, key, ask, close }
}
