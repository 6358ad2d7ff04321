import type { Message } from '@aws-sdk/client-sqs'
import type { Envelope } from '../../envelopes/index.ts'
import { type Actor, Bag, type Deliver, InFlight, spawn } from '../../kernel/adapter-kit.ts'
import { getLogger, type Logger, type Settlement } from '../../kernel/index.ts'
import { envelopeOf, routesOf, topicOf } from './arrival.ts'
import { Attempts } from './attempts.ts'
import { DeadLetters } from './dead-letters.ts'
import { deleter, visibilityChanger } from './deleter.ts'
import { isMissing } from './errors.ts'
import { Heartbeat, type Lease } from './heartbeat.ts'
import { received } from './message.ts'
import { Poller } from './poller.ts'
import type { Publisher } from './publisher.ts'
import { carryOut, type Desk, type Handed, release } from './settle.ts'
import type { SnsSqsSource } from './source.ts'
import { type ConsumedQueue, consumable, removeOwn, type Tools } from './topology.ts'

/** Messages that may wait for others of their key: enough to find work for every free slot, and bounded. */
const orderedPrefetch = 100
/** Failed receives in a row after which a consumer does not count as ready. */
const tolerated = 2

/** What consumers share. */
export interface ConsumerContext {
  readonly tools: Tools
  readonly publisher: Publisher
  readonly deliver: Deliver
  /** Seconds that a receive waits. */
  readonly waitTime: number
}

/** Consumes one queue for its actors. */
export class Consumer {
  readonly #queue: ConsumedQueue
  readonly #context: ConsumerContext
  readonly #log: Logger
  readonly #poller: Poller
  readonly #heartbeat: Heartbeat
  readonly #desk: Desk
  readonly #attempts = new Attempts()
  readonly #late = new InFlight()
  readonly #inFlight = new Bag<Handed>()
  readonly #byTopic: ReadonlyMap<string, Actor<SnsSqsSource>>
  readonly #limit: number
  readonly #isRaw: boolean
  #failures = 0
  #isGone = false
  #recovering = false
  #paused = false

  constructor(queue: ConsumedQueue, context: ConsumerContext) {
    const { tools, publisher, waitTime } = context
    const { actors, settings } = queue.plan
    this.#queue = queue
    this.#context = context
    this.#log = getLogger(`tomodachi.${tools.options.name}`)
    this.#limit = actors.reduce((sum, actor) => sum + limitOf(actor), 0)
    this.#isRaw = actors.some(({ source }) => source.options.rawMessageDelivery === true)
    this.#byTopic = routesOf(queue)
    const visibility = visibilityChanger(tools.aws, queue.url)
    this.#heartbeat = new Heartbeat(queue.visibilityTimeout, (change) => visibility.add(change))
    this.#desk = {
      queue,
      deletes: deleter(tools.aws, queue.url),
      visibility,
      deadLetters: new DeadLetters(queue, publisher, tools),
      log: this.#log,
    }
    this.#poller = new Poller(tools.aws, {
      queueUrl: queue.url,
      waitTime,
      batch: settings.maxNumberOfConsumedMessages ?? (queue.fifo ? 1 : 10),
      room: () => this.#limit - this.#inFlight.size,
      take: (message) => this.#take(message),
      told: (error, failures) => this.#told(error, failures),
    })
  }

  /** Whether messages come, or would. */
  get ready(): boolean {
    return !this.#isGone && this.#failures <= tolerated
  }

  start(): void {
    this.#poller.poll()
  }

  /** Takes no more; gives back what has not started, and what receives under way still bring. */
  pause(): void {
    this.#paused = true
    this.#poller.stop()
    this.#desk.deletes.hurry()
    this.#desk.visibility.hurry()
    for (const { delivery } of this.#inFlight)
      if (delivery?.started === false) delivery.cancel('the consumer is pausing')
  }

  /** Resolves when no receive is under way, and nothing that one has brought. */
  async close(): Promise<void> {
    this.pause()
    await this.#poller.ended()
    await this.#late.idle()
    this.#heartbeat.close()
    this.#desk.deletes.close()
    this.#desk.visibility.close()
    if (this.#queue.plan.own && this.#context.tools.options.declare)
      await removeOwn(this.#queue, this.#context.tools)
  }

  #take(message: Message): void {
    const receivedAt = performance.now()
    const arrived = received(message, this.#isRaw)
    const actor = this.#byTopic.get(arrived.topic) ?? (this.#byTopic.get('') as Actor<SnsSqsSource>)
    const handed: Handed = {
      received: arrived,
      topic: topicOf(actor, arrived, this.#context.tools.options.topicPrefix),
      attempt: this.#attempts.of(arrived),
      receivedAt,
      isLost: false,
      delivery: undefined,
      place: -1,
    }
    if (this.#paused) return spawn('giving a late message back', () => this.#giveBack(handed))
    this.#deliver(envelopeOf(actor, handed, this.#queue), handed)
  }

  #deliver(envelope: Envelope, handed: Handed): void {
    const { handle } = handed.received
    const lease: Lease = {
      handle,
      expires: handed.receivedAt + this.#queue.visibilityTimeout * 1_000,
      place: -1,
      lost: (reason) => {
        handed.isLost = true
        this.#log.warn('the lease of a message was lost', { queue: this.#queue.name, reason })
        handed.delivery?.cancel(`the lease was lost: ${reason}`)
      },
    }
    this.#heartbeat.add(lease)
    this.#inFlight.add(handed)
    handed.delivery = this.#context.deliver(envelope, (settlement) => this.#settle(settlement, handed, lease))
  }

  async #settle(settlement: Settlement, handed: Handed, lease: Lease): Promise<void> {
    this.#inFlight.delete(handed)
    this.#attempts.note(handed.received, settlement)
    if (this.#queue.fifo) this.#holdGroup(settlement, handed)
    this.#poller.poll()
    try {
      await carryOut(settlement, handed, this.#desk)
    } finally {
      this.#heartbeat.remove(lease)
    }
  }

  /** A message that is not handled yet holds up those of its group that wait here: they go back behind it. */
  #holdGroup({ state }: Settlement, { received: { groupId } }: Handed): void {
    if (state === 'acked' || state === 'dropped') return
    for (const { received: other, delivery } of this.#inFlight) {
      if (other.groupId === groupId && delivery?.started === false)
        delivery.cancel('an earlier message of its group was not handled')
    }
  }

  #giveBack(handed: Handed): Promise<void> {
    return this.#late.track(() => release(handed, 0, this.#desk))
  }

  #told(error: unknown, failures: number): void {
    const facts = { queue: this.#queue.name }
    const before = this.#failures
    this.#failures = failures
    if (error === undefined) {
      if (before > 0) this.#log.info('messages are received again', facts)
      this.#isGone = false
      return
    }
    if (isMissing(error)) return this.#gone(error)
    const { ready } = this
    if (before === 0 || (!ready && before === tolerated))
      this.#log[ready ? 'warn' : 'error']('receiving failed, will be tried again', {
        ...facts,
        failures,
        error,
      })
  }

  #gone(error: unknown): void {
    const { plan, name: queue } = this.#queue
    if (!this.#isGone) this.#log.error('the queue is gone', { queue, willBeMade: plan.mayBeMade, error })
    this.#isGone = true
    if (!plan.mayBeMade || this.#recovering) return
    this.#recovering = true
    spawn('making the queue again', async () => {
      try {
        await this.#makeAgain()
      } finally {
        this.#recovering = false
      }
    })
  }

  async #makeAgain(): Promise<void> {
    const { tools } = this.#context
    await tools.queues.forget(this.#queue.url)
    for (const arn of [...this.#queue.topics.values()].flat()) tools.topics.forget(arn)
    await consumable(this.#queue.plan, tools)
    this.#log.info('the queue has been made again', { queue: this.#queue.name })
  }
}

function limitOf({ concurrency, ordered, source }: Actor<SnsSqsSource>): number {
  return ordered && !source.fifo ? Math.max(concurrency, orderedPrefetch) : concurrency
}
