import { randomUUID } from 'node:crypto'
import { createClient, RESP_TYPES } from 'redis'
import { data, format, key, url } from '../amqp/contents.mjs'
import { consuming, latency, publishing } from '../amqp/measures.mjs'

/** What stands before all keys. */
export const prefix = 'bench'
export const stream = `${prefix}:${key}:queue`
export const group = 'tomodachi'
/** Messages that wait to be consumed, for each millisecond that a round is to take. */
const perMillisecond = 15

const sender = { name: 'bench', uuid: 'c6ff2f4e-3e0c-4d1f-8f0e-3a5f9d0c7b11' }

/** A connection, whose texts are bytes. */
export async function connected() {
  const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer }
  return createClient({ url, RESP: 2, commandOptions: { timeout: undefined, typeMapping } }).connect()
}

/** The words that put a message into the queue, with the fields that it has there. */
export function message() {
  const payload = Buffer.from(format.build(data, key, sender))
  const fields = ['topic', key, 'id', randomUUID(), 'attempt', '1', 'headers', '{}', 'payload', payload]
  return ['XADD', stream, '*', ...fields]
}

const client = await connected()

/**
 * What a client can be asked to do for some milliseconds, each time with an empty queue or, to consume, with one that
 * is full.
 *
 * @param {() => Promise<void>} publish publishes the data, and resolves when it is confirmed
 * @param {(handler: (data: unknown) => void) => Promise<() => Promise<void>>} consume resolves with how to stop
 */
export function tasks(publish, consume) {
  const emptied = (task) => async (milliseconds) => {
    const figures = await task(milliseconds)
    await client.sendCommand(['XTRIM', stream, 'MAXLEN', '0'])
    await client.sendCommand(['EXPIRE', stream, '600'])
    return figures
  }
  return {
    publish: emptied((milliseconds) => publishing(milliseconds, publish)),
    latency: emptied((milliseconds) => latency(milliseconds, publish, consume)),
    consume: emptied(async (milliseconds) => {
      const count = milliseconds * perMillisecond
      const words = message()
      await Promise.all(Array.from({ length: count }, () => client.sendCommand(words)))
      return consuming(count, consume)
    }),
  }
}
