// Filter policies: SNS looks at a message before it puts it into a queue, so that handlers get only what they want, and
// nothing else is paid for. SNS+SQS is emulated in this process.
// Run it: npx tomodachi run examples/14-filter-policies.ts
// The log shows who is given what.
import { Service, topic } from 'tomodachi'
import { snsSqs } from 'tomodachi/sns-sqs'
import { z } from 'zod'

const bus = snsSqs({ embedded: true })
const paid = topic('paid', { schema: z.object({ by: z.string(), amount: z.number() }) })

export default new Service({ name: 'payments', onStarted: pay })
  .on(bus.topic(paid, { queue: 'books' }), function book({ data, log }) {
    log.info(`booked ${data.amount} by ${data.by}`)
  })
  .on(
    // By an attribute, which travels beside the message.
    bus.topic(paid, { queue: 'customs', filterPolicy: { region: [{ 'anything-but': 'eu' }] } }),
    function declare({ data, log }) {
      log.info(`declared ${data.amount} by ${data.by}`)
    },
  )
  .on(
    // By what the message says: what is published stands under `data` in its JSON.
    bus.topic(paid, {
      queue: 'fraud',
      filterPolicyScope: 'MessageBody',
      filterPolicy: { data: { amount: [{ numeric: ['>=', 1_000] }] } },
    }),
    function inspect({ data, log }) {
      log.info(`inspected ${data.amount} by ${data.by}`)
    },
  )

async function pay(): Promise<void> {
  await bus.publish(paid, { by: 'Ada', amount: 20 }, { messageAttributes: { region: 'eu' } })
  await bus.publish(paid, { by: 'Bob', amount: 30 }, { messageAttributes: { region: 'us' } })
  await bus.publish(paid, { by: 'Eve', amount: 5_000 }, { messageAttributes: { region: 'eu' } })
}
