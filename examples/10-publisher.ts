// Two processes on RabbitMQ: this one takes orders over HTTP and publishes them. 202 means that the broker has them.
// Run it: npx tomodachi run examples/10-publisher.ts
// Try it: curl --json '{"item":"book","quantity":2}' http://127.0.0.1:9700/orders
// Run 11-consumer.ts beside it. RabbitMQ is expected here, or at AMQP_URL.
import { randomUUID } from 'node:crypto'
import { Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { http } from 'tomodachi/http'
import { NewOrder, orderPlaced } from './topics/order-placed.ts'

const api = http({ port: Number(process.env.PORT ?? 9700) })
const bus = amqp({ url: process.env.AMQP_URL ?? 'amqp://127.0.0.1' })

export default new Service({ name: 'shop', adapters: [bus] }).on(
  api.post('/orders', { body: NewOrder }),
  async ({ body }) => {
    const order = { id: randomUUID(), ...body }
    // mandatory: as long as no queue would get it, an order must not count as accepted.
    await bus.publish(orderPlaced, order, { mandatory: true })
    return [202, order]
  },
)
