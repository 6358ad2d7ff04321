import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { type AmqpBus, amqp } from 'tomodachi/amqp'
import { ownRabbitmq } from '../brokers/rabbitmq.ts'
import { type Break, CuttingProxy } from './cutting-proxy.ts'
import type { Order } from './order.ts'
import type { Outcome } from './outcome.ts'

/** What a sweep of breaks came to. A bus meets one break at its start, and one as it connects again. */
export interface CutsOutcome extends Outcome {
  /** Breaks after which the bus worked again. */
  readonly back: number
  /** Starts that failed, with an error that says why. */
  readonly failed: number
  /** Breaks after which it had neither come back nor failed in time. */
  readonly late: number
  /** Runs in which fewer bytes passed than the break waited for. */
  readonly missed: number
  /** The longest time from a break until it was back or had failed, in milliseconds. */
  readonly slowest: number
}

/** Topics of a bus and messages of a topic, so long that two thousand bytes pass each way over each connection. */
const topics = 3
const messagesOfTopic = 2
const filling = 'x'.repeat(1_500)
/** How soon a bus is to be back, or to have failed, in milliseconds. */
const patience = 20_000
/** Buses at a time: most of them wait for a deadline. */
const atOnce = 60

/** Cuts and stalls at every byte of the first 2,000 of each connection, from both sides, at start and at reconnect. */
export async function amqpCuts({ short, report }: Order): Promise<CutsOutcome> {
  const broker = await ownRabbitmq()
  if (!broker) throw new Error('RabbitMQ is not installed')
  const removeWithProcess = () => broker.remove()
  process.once('exit', removeWithProcess)
  try {
    return await sweep(broker.port, breaksOf(2_000, short ? 401 : 1), report)
  } finally {
    broker.remove()
    process.off('exit', removeWithProcess)
  }
}

/** Breaks at every byte up to `last`, or at every so many. */
export function breaksOf(last: number, step: number): Break[] {
  const breaks: Break[] = []
  for (let after = 0; after <= last; after += step)
    for (const connection of [0, 1])
      for (const from of ['client', 'server'] as const)
        for (const how of [after % 2 === 0 ? 'reset' : 'end', 'stall'] as const)
          breaks.push({ connection, from, after, how })
  return breaks
}

/** Has a bus of its own meet each break, twice. */
export async function sweep(
  port: number,
  breaks: readonly Break[],
  report: (line: string) => void,
): Promise<CutsOutcome> {
  configureLogging({ logger: 'disabled' })
  const tally = new Tally()
  const queue = [...breaks.entries()]
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, wanted] = next
      if (index % 500 === 0) report(`${index} of ${breaks.length}: ${JSON.stringify(tally.outcome)}`)
      await new Run(await CuttingProxy.before(port), wanted, tally, report).run()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return tally.outcome
}

/** What all runs have come to so far. */
class Tally {
  published = 0
  confirmed = 0
  handled = 0
  lost = 0
  duplicates = 0
  cuts = 0
  stalls = 0
  back = 0
  failed = 0
  late = 0
  missed = 0
  slowest = 0

  get outcome(): CutsOutcome {
    const { cuts, stalls, ...counts } = this
    return { ...counts, slowest: Math.round(this.slowest), faults: { cuts, stalls } }
  }
}

/** One bus, and the break that it meets at its start and as it connects again. */
class Run {
  readonly #proxy: CuttingProxy
  readonly #break: Break
  readonly #tally: Tally
  readonly #report: (line: string) => void
  readonly #confirmed = new Set<number>()
  readonly #handled = new Set<number>()
  readonly #topics: readonly string[]
  #next = 0

  constructor(proxy: CuttingProxy, wanted: Break, tally: Tally, report: (line: string) => void) {
    this.#proxy = proxy
    this.#break = wanted
    this.#tally = tally
    this.#report = report
    this.#topics = Array.from(
      { length: topics },
      (_, index) => `${randomUUID()}.${index}.${filling.slice(0, 70)}`,
    )
  }

  async run(): Promise<void> {
    const url = `amqp://127.0.0.1:${this.#proxy.port}`
    const bus = amqp({ url, startTimeout: '12s', heartbeat: '3s', queueTtl: '1m' })
    const service = new Service({ drainTimeout: 2_000 })
    for (const topic of this.#topics)
      service.on(bus.topic(topic, { queue: topic }), ({ data }) => this.#handle(data as Numbered))
    const kernel = new Kernel([service], { ownsProcess: false })
    this.#proxy.arm(this.#break)
    const starting = performance.now()
    try {
      await kernel.start()
    } catch (error) {
      if (error instanceof TomodachiError) this.#over('failed', starting)
      else this.#late(`it failed without a code: ${error}`)
      return this.#proxy.close()
    }
    await this.#meet(kernel, bus, starting)
    this.#proxy.arm(this.#break)
    this.#proxy.cut()
    await until(() => !kernel.ready, patience)
    await this.#meet(kernel, bus, performance.now())
    await kernel.stop()
    this.#proxy.close()
    this.#tally.published += this.#next
    this.#tally.confirmed += this.#confirmed.size
    this.#tally.handled += this.#handled.size
    for (const number of this.#confirmed) if (!this.#handled.has(number)) this.#tally.lost++
  }

  #handle({ number }: Numbered): void {
    if (this.#handled.has(number)) this.#tally.duplicates++
    this.#handled.add(number)
  }

  /** Publishes, and waits until everything has been handled. `begun` is when the bus began to connect. */
  async #meet(kernel: Kernel, bus: AmqpBus, begun: number): Promise<void> {
    const isHandled = () => kernel.ready && this.#handled.size === this.#next
    const publishing = this.#topics.flatMap((topic) =>
      Array.from({ length: messagesOfTopic }, () => this.#publish(bus, topic)),
    )
    // The broker sends this one back over the connection for publishing.
    publishing.push(bus.publish('cuts.nowhere', filling, { mandatory: true }).catch(() => {}))
    await Promise.allSettled(publishing)
    // One that is late may still lose nothing.
    if (await until(isHandled, 6 * patience)) this.#over('back', begun)
    else this.#late('it is not back')
  }

  async #publish(bus: AmqpBus, topic: string): Promise<void> {
    const number = this.#next++
    await bus.publish(topic, { number, filling })
    this.#confirmed.add(number)
  }

  /** Counts a break that struck. */
  #over(how: 'back' | 'failed', begun: number): void {
    const { struckAt } = this.#proxy
    if (struckAt === undefined) return void this.#tally.missed++
    const took = performance.now() - Math.max(struckAt, begun)
    this.#tally[this.#break.how === 'stall' ? 'stalls' : 'cuts']++
    this.#tally[how]++
    this.#tally.slowest = Math.max(this.#tally.slowest, took)
    if (took > patience) this.#late(`it took ${Math.round(took)} ms`)
  }

  #late(reason: string): void {
    this.#tally.late++
    this.#report(`${JSON.stringify(this.#break)}: ${reason}`)
  }
}

interface Numbered {
  readonly number: number
}

/** Resolves with whether it came true in time. */
async function until(isSo: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; !isSo(); await sleep(50))
    if (performance.now() > end) return false
  return true
}
