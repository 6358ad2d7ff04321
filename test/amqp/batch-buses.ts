import { Kernel, type Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { memory } from 'tomodachi/memory'
import { brokerUrl } from './world.ts'

/** The buses on which batches are the same. */
export const buses = {
  RabbitMQ: () => amqp({ url: brokerUrl, queueTtl: '10m' }),
  memory: () => memory(),
}

export async function start(service: Service): Promise<Kernel> {
  return new Kernel([service], { ownsProcess: false }).start()
}
