// FIFO: the steps of an order are handled one after the other, and one that fails holds back those behind it. Other
// orders go on meanwhile. SNS+SQS is emulated in this process.
// Run it: npx tomodachi run examples/13-fifo.ts
// The log shows how B is sent before A is packed.
import { Service, topic } from 'tomodachi'
import { snsSqs } from 'tomodachi/sns-sqs'
import { z } from 'zod'

const bus = snsSqs({ embedded: true })
const orderStep = topic('order-step.fifo', { schema: z.object({ order: z.string(), step: z.string() }) })

export default new Service({ name: 'shipping', onStarted: publishSteps }).on(
  bus.topic(orderStep, { queue: 'shipping.fifo', retry: { attempts: 3, backoff: { first: 1_000 } } }),
  function follow({ data: { order, step }, attempt, log }) {
    if (order === 'A' && step === 'packed' && attempt === 1) throw new Error('there are no boxes left')
    log.info(`${order} is ${step}`, { attempt })
  },
)

async function publishSteps(): Promise<void> {
  for (const step of ['paid', 'packed', 'sent']) {
    // What has the same group stays in its order.
    for (const order of ['A', 'B']) await bus.publish(orderStep, { order, step }, { groupId: order })
  }
}
