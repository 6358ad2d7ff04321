import amqplib from 'amqplib'
import type { MessageBus } from 'tomodachi'
import { type AmqpOptions, amqp } from 'tomodachi/amqp'
import type { DeadMessage } from 'tomodachi/conformance'
import { jsonBase } from 'tomodachi/envelopes'
import type { BusWorld } from '../bus-world.ts'

/** Where the tests' broker is. The runner says so. */
export const brokerUrl = process.env.AMQP_URL ?? 'amqp://127.0.0.1:5672'

/** A bus as the worlds have it: its queues do not outlive the tests for long. */
export function busOn(url: string, options: AmqpOptions = {}): MessageBus {
  return amqp({ url, queueTtl: '10m', ...options })
}

/** A world on a broker, by default that of the tests, which all worlds share. */
export async function amqpWorld(options: AmqpOptions = {}, url = brokerUrl): Promise<BusWorld> {
  let connecting: Promise<amqplib.ChannelModel> | undefined
  const looked = new Set<string>()
  const bus = () => busOn(url, options)

  /** Connects when first asked, and again when the broker was gone. */
  async function connected(): Promise<amqplib.ChannelModel> {
    connecting ??= amqplib.connect(url).then((connection) => {
      connection.on('error', () => {})
      return connection.on('close', () => {
        connecting = undefined
      })
    })
    return connecting
  }

  /** Takes every message and gives all back, by closing the channel over which they came. */
  async function deadLetters(queue: string): Promise<DeadMessage[]> {
    looked.add(queue)
    const channel = await (await connected()).createChannel()
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
    const channel = await (await connected()).createConfirmChannel()
    channel.publish('amq.topic', topic, Buffer.from(payload))
    await channel.waitForConfirms()
    await channel.close()
  }

  async function close(): Promise<void> {
    const connection = await connected()
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
