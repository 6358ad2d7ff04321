// Publishes numbers from the first one on, up to the one that it is told, each until it is confirmed.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, run, Service } from 'tomodachi'
import { roadTo, topic } from '../bus.ts'
import { Ledger } from '../ledger.ts'

const [url = '', confirmedPath = '', first = '0'] = process.argv.slice(2)
/** More than the bus sends at a time, so that some of them always wait. */
const atOnce = 600

configureLogging({ level: 'error' })
const { bus } = roadTo(url)
const confirmed = new Ledger(confirmedPath)
let next = Number(first)
let limit = next
let publishing = 0

process.on('message', (upTo: number) => {
  limit = upTo
  publishMore()
})

function publishMore(): void {
  for (; publishing < atOnce && next < limit; next++) {
    publishing++
    void publish(next)
  }
}

async function publish(number: number): Promise<void> {
  while (!(await isConfirmed(number))) await sleep(500)
  publishing--
  publishMore()
}

async function isConfirmed(number: number): Promise<boolean> {
  try {
    await bus.publish(topic, number)
    confirmed.note(number)
    return true
  } catch (error) {
    console.error('not confirmed, is published again:', (error as Error).message)
    return false
  }
}

await run(new Service({ name: 'publisher', adapters: [bus] }))
process.once('disconnect', () => process.exit(1))
process.send?.('ready')
