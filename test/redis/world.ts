import { randomUUID } from 'node:crypto'
import { createClient, RESP_TYPES } from 'redis'
import { Kernel, type MessageBus, Service } from 'tomodachi'
import type { DeadMessage } from 'tomodachi/conformance'
import { jsonBase, raw } from 'tomodachi/envelopes'
import { type RedisOptions, redis } from 'tomodachi/redis'
import type { BusWorld } from '../bus-world.ts'

/** Where the tests' server is. The runner says so. */
export const serverUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'

/** Its class, with a method for each command, is made once: that takes longer than connecting. */
const template = createClient({
  RESP: 2,
  commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
})

/** A client, whose texts are bytes. */
export async function connected(url = serverUrl) {
  // It connects again by itself.
  return template
    .duplicate({ url })
    .on('error', () => {})
    .connect()
}

/** A world on a server, by default that of the tests, which all worlds share, each under a prefix of its own. */
export async function redisWorld(options: RedisOptions = {}, url = serverUrl) {
  const client = await connected(url)
  const { prefix = `test-${randomUUID()}` } = options
  const busOn = (at: string): MessageBus => redis({ ...options, url: at, prefix })

  async function deadLetters(queue: string): Promise<DeadMessage[]> {
    const range = ['XRANGE', `${prefix}:${queue}:queue`, '-', '+']
    const entries = await client.sendCommand<[Buffer, Buffer[]][]>(range)
    return entries.map(([, fields]) => {
      const place = (name: string) => fields.findIndex((text, at) => at % 2 === 0 && String(text) === name)
      const field = (name: string) => fields[place(name) + 1] ?? Buffer.of()
      return { data: dataOf(field('payload')), headers: JSON.parse(String(field('headers'))) }
    })
  }

  async function publishRaw(topic: string, payload: string): Promise<void> {
    const publisher = busOn(url)
    const kernel = new Kernel([new Service({ name: 'raw', adapters: [publisher] })], { ownsProcess: false })
    await kernel.start()
    await publisher.publish(topic, payload, { envelope: raw() })
    await kernel.stop()
  }

  async function close(): Promise<void> {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}:*`, COUNT: 1_000 }))
      if (keys.length > 0) await client.unlink(keys)
    await client.close()
  }

  const world: BusWorld = { bus: () => busOn(url), deadLetters, publishRaw, close }
  return { ...world, prefix, client, busOn }
}

function dataOf(payload: Buffer): unknown {
  try {
    return jsonBase().parse(payload, {}).data
  } catch {
    return payload.toString()
  }
}
