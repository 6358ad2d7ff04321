// time limit: 300 s
// node: 24 only
// needs: rabbitmq
import { configureLogging } from 'tomodachi'
import { conformance } from 'tomodachi/conformance'
import { interruptible } from '../chaos/interruptible.ts'
import { sideBySide } from '../side-by-side.ts'
import { amqpWorld, brokerUrl } from './world.ts'

// The laws make handlers fail by the thousand, and each failure is logged.
configureLogging({ logger: 'disabled' })

const test = sideBySide('the RabbitMQ bus conforms')

const create = () => interruptible(brokerUrl, (url) => amqpWorld({ url }))

conformance({ create, test, features: { patience: 30_000, silence: 200 } })

test.run()
