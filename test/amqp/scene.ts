import { randomUUID } from 'node:crypto'
import amqplib from 'amqplib'
import { type HandlerContext, Kernel, Service } from 'tomodachi'
import { type AmqpGiven, type AmqpOptions, type AmqpTopicOptions, amqp } from 'tomodachi/amqp'
import { brokerUrl } from './world.ts'

export { until } from '../until.ts'

/** What a handler of a scene is given. */
export type Given = HandlerContext & AmqpGiven

/** A name that nobody else has. */
export function unique(purpose: string): string {
  return `${purpose}-${randomUUID().slice(0, 8)}`
}

/** A service with one handler, and what else a process would have. */
export async function consumer(
  options: AmqpOptions,
  topic: string,
  topicOptions: Omit<AmqpTopicOptions, 'batch'>,
  handler: (given: Given) => unknown,
) {
  const bus = amqp({ queueTtl: '10m', ...options })
  const service = new Service({ drainTimeout: 5_000 }).on(bus.topic(topic, topicOptions), async (given) => {
    await handler(given)
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  return { bus, kernel }
}

/** A service that only publishes. */
export async function publisher(options: AmqpOptions) {
  const bus = amqp({ queueTtl: '10m', ...options })
  const kernel = await new Kernel([new Service({ adapters: [bus], drainTimeout: 5_000 })], {
    ownsProcess: false,
  }).start()
  return { bus, kernel }
}

/** Does something over a channel that is not ours; resolves when what it has published is confirmed. */
export async function channelOf<T>(
  work: (channel: amqplib.ConfirmChannel) => Promise<T>,
  url = brokerUrl,
): Promise<T> {
  const connection = await amqplib.connect(url)
  try {
    const channel = await connection.createConfirmChannel()
    const result = await work(channel)
    await channel.waitForConfirms()
    return result
  } finally {
    await connection.close()
  }
}

/** Publishes as somebody else would. */
export async function publishRaw(
  key: string,
  content: string | Buffer,
  options: amqplib.Options.Publish = {},
): Promise<void> {
  const bytes = Buffer.from(content as string)
  await channelOf(async (channel) => void channel.publish('amq.topic', key, bytes, options))
}

/** Data in the JSON envelope. */
export function envelopeOf(data: unknown): string {
  return JSON.stringify({ metadata: { data_encoding: 'raw', message_uuid: 'u' }, data })
}
