// A program that the drain tests start as a process of its own: `drain-service.ts <port of the emulator> <drainTimeout>`.
// It writes a line for each message that a handler has begun, and one for each that it has handled.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, run, Service } from 'tomodachi'
import { busOn } from './world.ts'

configureLogging({ logger: 'disabled' })

const [port, drainTimeout] = process.argv.slice(2).map(Number)
const bus = busOn(port as number)
const say = (line: string) => process.stdout.write(`${line}\n`)

await run(
  new Service({ drainTimeout: drainTimeout as number }).on(
    bus.topic('t', { queue: 'q', concurrency: 10 }),
    async ({ data }) => {
      say(`began ${data}`)
      await (data === 'stuck' ? new Promise(() => {}) : sleep(20 + 80 * Math.random()))
      say(`handled ${data}`)
    },
  ),
)
say('started')
