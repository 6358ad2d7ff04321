// time limit: 300 s
// node: 24 only
// needs: rabbitmq
import { configureLogging } from 'tomodachi'
import { type Ability, conformance, type World } from 'tomodachi/conformance'
import { ownRabbitmq } from '../brokers/rabbitmq.ts'
import { interruptible } from '../chaos/interruptible.ts'
import { sideBySide } from '../side-by-side.ts'
import { amqpWorld, brokerUrl, busOn } from './world.ts'

// The laws make handlers fail by the thousand, and each failure is logged.
configureLogging({ logger: 'disabled' })

const test = sideBySide('the RabbitMQ bus conforms')

async function create(needs: readonly Ability[]): Promise<World> {
  if (needs.includes('restart')) return restartable()
  return interruptible(brokerUrl, await amqpWorld(), busOn)
}

/** A world on a broker of its own. */
async function restartable(): Promise<World> {
  const broker = await ownRabbitmq()
  if (!broker) throw new Error('RabbitMQ is not installed')
  const remove = () => broker.remove()
  process.once('exit', remove)
  const world = interruptible(broker.url, await amqpWorld({}, broker.url), busOn, broker)
  return {
    ...world,
    async close() {
      await world.close()
      remove()
      process.off('exit', remove)
    },
  }
}

// A message is held as long as its channel lives.
conformance({ create, test, features: { leases: false, patience: 30_000, promptness: 15_000, silence: 200 } })

test.run()
