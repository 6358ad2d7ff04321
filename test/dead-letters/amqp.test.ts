// time limit: 240 s
// node: 24 only
// needs: rabbitmq
import { randomUUID } from 'node:crypto'
import { configureLogging } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import { brokerUrl } from '../amqp/world.ts'
import { commandWorks } from './command.ts'
import { laws } from './laws.ts'
import { removeQueues } from './rabbitmq.ts'

configureLogging({ logger: 'disabled' })

const test = suite('dead letters on RabbitMQ')

for (const [law, check] of Object.entries(laws)) {
  test(law, () => {
    const topic = `dlq.${randomUUID()}`
    return check({
      bus: amqp({ url: brokerUrl, queueTtl: '10m' }),
      topic,
      dead: (queue) => `${queue}.dead`,
      close: () => removeQueues(topic, `${topic}.dead`),
    })
  })
}

test('tomodachi dlq', async () => {
  const topic = `dlq.${randomUUID()}`
  const bus = amqp({ url: brokerUrl, queueTtl: '10m' })
  try {
    await commandWorks({ bus, topic, env: { BUS: 'amqp', BROKER_URL: brokerUrl } })
  } finally {
    await removeQueues(topic, `${topic}-dead`)
  }
})

test.run()
