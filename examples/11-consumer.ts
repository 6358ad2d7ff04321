// The other process: it bills the orders that 10-publisher.ts takes. Run several and they share the orders; kill one,
// and the others get what it had not finished.
// Run it: npx tomodachi run examples/11-consumer.ts
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { orderPlaced } from './topics/order-placed.ts'

const bus = amqp({ url: process.env.AMQP_URL ?? 'amqp://127.0.0.1' })

export default new Service({ name: 'billing' }).on(
  // At most ten orders are in the hands of one process; the others wait for whoever has time.
  bus.topic(orderPlaced, { queue: 'billing', concurrency: 10 }),
  async function bill({ data, redelivered, log }) {
    await charge(data.quantity)
    // Acked when the handler is through, and not before.
    log.info('billed', { order: data.id, item: data.item, redelivered })
  },
)

async function charge(quantity: number): Promise<void> {
  await sleep(quantity * 10)
}
