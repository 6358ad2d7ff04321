import amqplib from 'amqplib'
import { brokerUrl } from '../amqp/world.ts'

/** Removes queues that nobody uses any more. */
export async function removeQueues(...queues: readonly string[]): Promise<void> {
  const connection = await amqplib.connect(brokerUrl)
  const channel = await connection.createChannel()
  for (const queue of queues) await channel.deleteQueue(queue)
  await connection.close()
}
