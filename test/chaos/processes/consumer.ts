// Notes every number before its handler returns, and so before it is acked.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, run, Service } from 'tomodachi'
import { roadTo } from '../bus.ts'
import { Ledger } from '../ledger.ts'

const [url = '', handledPath = ''] = process.argv.slice(2)
/** Longest time that a handler takes, in milliseconds, so that there is something to interrupt. */
const work = 20

configureLogging({ level: 'error' })
const { numbers } = roadTo(url)
const handled = new Ledger(handledPath)

const service = new Service({ name: 'consumer' }).on(numbers, async ({ data }) => {
  await sleep(Math.random() * work)
  handled.note(data as number)
})

await run(service)
process.once('disconnect', () => process.exit(1))
process.send?.('ready')
