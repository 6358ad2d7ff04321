// A process that consumes a queue, for the tests of signals. Prints `started N` and `handled N`.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, run, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'

const [, , url = '', topic = '', stuck = ''] = process.argv
configureLogging({ logger: 'disabled' })
const bus = amqp({ url, queueTtl: '10m' })

await run(
  new Service({ drainTimeout: 2_000 }).on(bus.topic(topic, { queue: topic }), async ({ data }) => {
    console.log(`started ${data}`)
    if (String(data) === stuck) await new Promise(() => {})
    await sleep(5)
    console.log(`handled ${data}`)
  }),
)
console.log('ready')
