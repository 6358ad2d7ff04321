import amqplib from 'amqplib'
import type { MessageBus } from 'tomodachi'
import { type AmqpOptions, amqp } from 'tomodachi/amqp'
import type { DeadMessage, World } from 'tomodachi/conformance'
import { jsonBase } from 'tomodachi/envelopes'

/** Where the tests' broker is. The runner says so. */
export const brokerUrl = process.env.AMQP_URL ?? 'amqp://127.0.0.1:5672'

/** A world on the tests' broker, which all worlds share. */
export async function amqpWorld(options: AmqpOptions = {}): Promise<World> {
  const connection = await amqplib.connect(brokerUrl)
  const looked = new Set<string>()
  const bus = (): MessageBus => amqp({ url: brokerUrl, queueTtl: 600, ...options })

  /** Takes every message and gives all back, by closing the channel over which they came. */
  async function deadLetters(queue: string): Promise<DeadMessage[]> {
    looked.add(queue)
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    const dead: DeadMessage[] = []
    let messageCount: number
    try {
      messageCount = (await channel.checkQueue(queue)).messageCount
    } catch {
      return []
    }
    const take = () => channel.get(queue)
    // To get from a quorum queue that has not begun yet would end the connection.
    for (let next = messageCount > 0 && (await take()); next; next = await take()) {
      const { content, properties } = next
      dead.push({ data: dataOf(content), headers: properties.headers ?? {} })
    }
    await channel.close()
    return dead
  }

  async function publishRaw(topic: string, payload: string): Promise<void> {
    const channel = await connection.createConfirmChannel()
    channel.publish('amq.topic', topic, Buffer.from(payload))
    await channel.waitForConfirms()
    await channel.close()
  }

  async function close(): Promise<void> {
    const channel = await connection.createChannel()
    for (const queue of looked) await channel.deleteQueue(queue)
    await connection.close()
  }

  return { bus, deadLetters, publishRaw, close }
}

function dataOf(content: Buffer): unknown {
  try {
    return jsonBase().parse(content, {}).data
  } catch {
    return content.toString()
  }
}
