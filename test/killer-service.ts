// A service that dies of one message: `killer-service.ts <bus> <its options> <topic> <options of the topic>`. It prints
// what it handles, and stops once a message has been dead-lettered.
import { configureLogging, type MessageBus, run, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { redis } from 'tomodachi/redis'
import { snsSqs } from 'tomodachi/sns-sqs'

configureLogging({ logger: 'disabled' })

const [kind = '', options = '', topic = '', topicOptions = ''] = process.argv.slice(2)
const buses: Readonly<Record<string, (given: object) => MessageBus>> = { amqp, redis, snsSqs }
const bus = buses[kind]?.(JSON.parse(options)) as MessageBus

const service = new Service({
  onStart: ({ kernel }) => {
    kernel.bus.on('settled', ({ settlement }) => {
      if (settlement?.state === 'deadLettered') kernel.exit(0)
    })
  },
}).on(bus.topic(topic, JSON.parse(topicOptions)), ({ data, redeliveries }) => {
  console.log(JSON.stringify([data, redeliveries]))
  if (data === 'killer') process.exit(70)
})
await run(service)
