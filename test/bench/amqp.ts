import { ownRabbitmq, runningRabbitmq } from '../brokers/rabbitmq.ts'
import { overBroker } from './broker.ts'
import type { Line } from './line.ts'
import type { Pace } from './pace.ts'

/** Messages over RabbitMQ, against bare amqplib on the same broker with the same wire format. */
export function amqp(pace: Pace): AsyncGenerator<Line> {
  return overBroker('amqp', { name: 'RabbitMQ', running: runningRabbitmq, own: ownRabbitmq }, pace)
}
