// time limit: 300 s
// node: 24 only
import { configureLogging } from 'tomodachi'
import { conformance, type Features, type World } from 'tomodachi/conformance'
import { interruptible } from '../chaos/interruptible.ts'
import { sideBySide } from '../side-by-side.ts'
import { emulator, snsSqsWorld } from './world.ts'

// The laws make handlers fail by the thousand, and each failure is logged.
configureLogging({ logger: 'disabled' })

const test = sideBySide('the SNS+SQS bus conforms')

const features: Partial<Features> = {
  // SQS counts receives, also those that a process which has ended did not handle.
  exactAttempts: false,
  // Standard queues keep no order; those of FIFO have tests of their own.
  ordered: false,
  // Topics that are made after the start are not seen.
  wildcards: false,
  // SNS cannot delay.
  delay: false,
  // Visibility timeouts are whole seconds.
  delayPrecision: 1_000,
  patience: 60_000,
  silence: 200,
}

async function create(): Promise<World> {
  const server = await emulator()
  const make = (url: string) => snsSqsWorld({ endpointUrls: { sns: url, sqs: url } }, server)
  return interruptible(`http://127.0.0.1:${server.port}`, make)
}

conformance({ create, test, features })

test.run()
