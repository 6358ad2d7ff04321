import amqplib from 'amqplib'
import { data, format, key, url } from './contents.mjs'
import { consuming, latency, publishing } from './measures.mjs'

/** Milliseconds after which the broker deletes the queue when nobody consumes it. */
const expires = 600_000
/** Messages that wait to be consumed, for each millisecond that a round is to take. */
const perMillisecond = 15

const sender = { name: 'bench', uuid: 'c6ff2f4e-3e0c-4d1f-8f0e-3a5f9d0c7b11' }

/** A message as it stands on the wire. */
export const contentOf = () => Buffer.from(format.build(data, key, sender))

const connection = await amqplib.connect(url, { noDelay: true })
const channel = await connection.createConfirmChannel()
// The key of the messages is the name of the queue too.
await channel.assertQueue(key, { durable: true, arguments: { 'x-expires': expires } })
await channel.bindQueue(key, 'amq.topic', key)

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
    await channel.purgeQueue(key)
    return figures
  }
  return {
    publish: emptied((milliseconds) => publishing(milliseconds, publish)),
    latency: emptied((milliseconds) => latency(milliseconds, publish, consume)),
    async consume(milliseconds) {
      const count = milliseconds * perMillisecond
      const content = contentOf()
      for (let left = count; left > 0; left--) channel.sendToQueue(key, content, { persistent: true })
      await channel.waitForConfirms()
      return consuming(count, consume)
    },
  }
}
