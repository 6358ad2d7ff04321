// time limit: 150 s
// node: 24 only
// coverage: none
// needs: rabbitmq, redis
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import {
  configureLogging,
  DeadLetter,
  Drop,
  Kernel,
  type MessageBus,
  type MessageGiven,
  Retry,
  Service,
} from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { amqpWorld } from './amqp/world.ts'
import type { BusWorld } from './bus-world.ts'
import { memoryWorld } from './memory/world.ts'
import { redisWorld } from './redis/world.ts'
import { snsSqsWorld } from './sns-sqs/world.ts'

// Handlers fail all the time, and each failure is logged.
configureLogging({ logger: 'disabled' })

/** What a handler does with a message: it ends so after so many tries. */
interface Fate {
  readonly tries: number
  readonly by: 'throw' | 'Retry'
  readonly end: 'handle' | 'fail' | 'drop' | 'set aside'
}
type Step = Fate | 'start' | 'stop'

/** What became of the messages, in the order in which they were published. */
interface Outcomes {
  readonly ends: readonly string[]
  /** What its handler was told of each message at each of its tries. */
  readonly attempts: readonly (readonly number[])[]
}

/** More than a fate can use up, as SQS counts what a stop has given back. */
const retry = { attempts: 6, backoff: () => 0 }
const mostConsumers = 2
/** Longest wait for the ends of all messages, in milliseconds. */
const patience = 30_000
const silence = 100
/** Sequences that are left when this time is over are not run, in milliseconds. */
const budget = 25_000

const fates: fc.Arbitrary<Fate> = fc.record({
  tries: fc.nat(2),
  by: fc.constantFrom('throw', 'Retry'),
  end: fc.constantFrom('handle', 'fail', 'drop', 'set aside'),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ arbitrary: fates, weight: 6 }, fc.constant('start' as const), fc.constant('stop' as const)),
  { minLength: 4, maxLength: 14 },
)
/** Everything once, with and without a consumer. */
const example: Step[] = (['handle', 'fail', 'drop', 'set aside'] as const).flatMap((end) => [
  { tries: 0, by: 'throw', end },
  'stop',
  { tries: 2, by: 'throw', end },
  'start',
  { tries: 1, by: 'Retry', end },
])

const test = suite('differential')

test('C56 the same sequence comes to the same on memory, SNS+SQS, RabbitMQ and Redis', async () => {
  const worlds = [memoryWorld(), await snsSqsWorld(), await amqpWorld(), await redisWorld()] as const
  const [memory, snsSqs, amqp, redis] = worlds
  const deadline = performance.now() + budget
  const property = fc.asyncProperty(steps, async (sequence) => {
    if (performance.now() > deadline) return
    const [expected, onSnsSqs, onAmqp, onRedis] = await Promise.all([
      play(sequence, memory),
      play(sequence, snsSqs),
      play(sequence, amqp),
      play(sequence, redis),
    ])
    assert.equal(expected.ends, messagesOf(sequence).map(endOf), 'memory')
    assert.equal(onSnsSqs.ends, expected.ends, 'SNS+SQS')
    assert.equal(onAmqp, expected, 'RabbitMQ')
    assert.equal(onRedis, expected, 'Redis')
  })
  try {
    await fc.assert(property, {
      numRuns: 12,
      examples: [[example]],
      endOnFailure: true,
      includeErrorInReport: true,
    })
  } finally {
    for (const world of worlds) await world.close()
  }
})

/** Publishes, starts and stops as the sequence says, and then waits until each message has come to its end. */
async function play(sequence: readonly Step[], world: BusWorld): Promise<Outcomes> {
  const play = new Play(world)
  try {
    await play.begin()
    for (const step of sequence) {
      if (step === 'start') await play.start()
      else if (step === 'stop') await play.stop()
      else await play.publish(step)
    }
    return await play.outcomes()
  } finally {
    await play.end()
  }
}

/** One sequence on one bus, with a queue of its own. */
class Play {
  readonly #world: BusWorld
  readonly #name = `differential-${randomUUID().slice(0, 8)}`
  readonly #publisher: MessageBus
  readonly #publishing: Kernel
  readonly #consumers: Kernel[] = []
  readonly #ends: string[][] = []
  readonly #attempts: number[][] = []

  constructor(world: BusWorld) {
    this.#world = world
    this.#publisher = world.bus()
    this.#publishing = kernelOf(new Service({ name: 'publisher', adapters: [this.#publisher] }))
  }

  /** Starts what publishes, and a first consumer, which makes the queue. */
  async begin(): Promise<void> {
    await this.#publishing.start()
    await this.start()
  }

  async start(): Promise<void> {
    if (this.#consumers.length === mostConsumers) return
    const source = this.#world.bus().topic(this.#name, { queue: this.#name, retry })
    const service = new Service({ name: 'consumer' }).on(source, (message) => this.#handle(message))
    const kernel = kernelOf(service)
    this.#consumers.push(kernel)
    await kernel.start()
  }

  async stop(): Promise<void> {
    const code = (await this.#consumers.pop()?.stop()) ?? 0
    assert.is(code, 0, 'a consumer did not stop in order')
  }

  async publish(fate: Fate): Promise<void> {
    const index = this.#ends.push([]) - 1
    this.#attempts.push([])
    await this.#publisher.publish(this.#name, { index, fate })
  }

  async outcomes(): Promise<Outcomes> {
    if (this.#consumers.length === 0) await this.start()
    const deadline = performance.now() + patience
    let ends = await this.#endsSoFar()
    while (ends.includes('') && performance.now() < deadline) {
      await sleep(silence)
      ends = await this.#endsSoFar()
    }
    // What comes to a second end does so soon.
    await sleep(silence)
    return { ends: await this.#endsSoFar(), attempts: this.#attempts }
  }

  async end(): Promise<void> {
    await Promise.all([this.#publishing, ...this.#consumers].map((kernel) => kernel.stop()))
  }

  #handle({ data, attempt }: MessageGiven): void {
    const { index, fate } = data as { readonly index: number; readonly fate: Fate }
    const attempts = this.#attempts[index] as number[]
    attempts.push(attempt)
    if (attempts.length <= fate.tries)
      throw fate.by === 'Retry' ? new Retry({ after: 0 }) : new Error('not yet')
    if (fate.end === 'fail') throw new Error('never')
    if (fate.end === 'set aside') throw new DeadLetter('somebody should look at it')
    this.#ends[index]?.push(fate.end)
    if (fate.end === 'drop') throw new Drop('not wanted')
  }

  /** How each message has ended: in one way, if all is well, and in none while it is under way. */
  async #endsSoFar(): Promise<string[]> {
    const ends = this.#ends.map((all) => [...all])
    for (const { data, headers } of await this.#world.deadLetters(`${this.#name}.dead`)) {
      const { index } = data as { readonly index: number }
      ends[index]?.push(`dead: ${headers['x-dead-letter-reason']}`)
    }
    return ends.map((all) => all.join(', '))
  }
}

function kernelOf(service: Service): Kernel {
  return new Kernel([service], { ownsProcess: false })
}

function messagesOf(sequence: readonly Step[]): Fate[] {
  return sequence.filter((step): step is Fate => typeof step === 'object')
}

/** How a message has to end. */
function endOf({ end }: Fate): string {
  if (end === 'fail') return 'dead: never'
  return end === 'set aside' ? 'dead: somebody should look at it' : end
}

test.run()
