// The bus of 02-orders.ts, chosen by the variable BUS: a service stays as it is when its bus changes.
import type { MessageBus } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { memory } from 'tomodachi/memory'
import { redis } from 'tomodachi/redis'
import { snsSqs } from 'tomodachi/sns-sqs'

const buses: Readonly<Record<string, () => MessageBus>> = {
  memory: () => memory(),
  // SNS+SQS, emulated in this process.
  embedded: () => snsSqs({ embedded: true }),
  amqp: () => amqp({ url: process.env.AMQP_URL ?? 'amqp://127.0.0.1' }),
  redis: () => redis({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1' }),
  // In the region and with the credentials that the AWS SDK finds.
  aws: () => snsSqs(),
}

export function busFromEnvironment(): MessageBus {
  const { BUS = 'memory' } = process.env
  const make = buses[BUS]
  if (!make) throw new Error(`BUS must be one of ${Object.keys(buses).join(', ')}, not ${BUS}`)
  return make()
}
