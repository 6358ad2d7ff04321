import type { Message } from '@aws-sdk/client-sqs'
import { type BrokerSession, type Consumer, InFlight, type Receiver } from '../../../kernel/adapter-kit.ts'
import { isLeaseLost, isMissing, saidBy } from '../client/errors.ts'
import { type ReceivableQueue, removeOwn, type Tools } from '../topology/topology.ts'
import type { AwsMessage } from '../wire/outgoing.ts'
import { received } from '../wire/received.ts'
import { arrivalOf, type Handle, routesOf } from './arrival.ts'
import type { Attempts } from './attempts.ts'
import { deadLetter } from './dead-letter.ts'
import { Poller } from './poller.ts'

/** The longest time that SQS hides a message after its receive, in seconds. */
const longestVisibility = 43_200
/** After more failed receives in a row than this, the consumer counts as failing. */
const tolerated = 2

/** What consumers share. */
export interface ConsumerContext {
  readonly session: Pick<BrokerSession<AwsMessage>, 'log' | 'send'>
  readonly tools: Tools
  readonly attempts: Attempts
  /** Seconds that a receive waits. */
  readonly waitTime: number
}

/** Consumes one queue. */
export class QueueConsumer implements Consumer<Handle> {
  readonly lease?: number
  readonly #queue: ReceivableQueue
  readonly #receiver: Receiver<Handle>
  readonly #context: ConsumerContext
  readonly #poller: Poller
  readonly #releases = new InFlight()
  readonly #routes: ReturnType<typeof routesOf>
  readonly #isRaw: boolean
  #failures = 0

  constructor(queue: ReceivableQueue, receiver: Receiver<Handle>, context: ConsumerContext) {
    const { tools, waitTime } = context
    const { actors, settings, fifo } = queue.plan
    this.#queue = queue
    this.#receiver = receiver
    this.#context = context
    // Without a visibility timeout there is nothing to renew.
    if (queue.visibilityTimeout > 0) this.lease = queue.visibilityTimeout * 1_000
    this.#isRaw = actors.some(({ source }) => source.options.rawMessageDelivery === true)
    this.#routes = routesOf(queue)
    const isAlone = fifo && !actors.some(({ source }) => source.batch)
    this.#poller = new Poller(tools.aws, {
      queueUrl: queue.url,
      waitTime,
      batch: settings.maxNumberOfConsumedMessages ?? (isAlone ? 1 : 10),
      room: () => receiver.room,
      take: (message) => this.#take(message),
      received: (error, failures) => this.#received(error, failures),
    })
    setImmediate(() => this.#poller.poll())
  }

  get isFailing(): boolean {
    return this.#failures > tolerated
  }

  async ack({ received }: Handle): Promise<void> {
    const { attempts, tools } = this.#context
    attempts.forget(received)
    await this.#comingAgainUnless('deleted', tools.receipts.delete(this.#queue.url, received.handle))
  }

  /** At a stop only once no receive is under way: that would get the message again, and count once more. */
  async release(handle: Handle): Promise<void> {
    this.#context.attempts.released(handle.received)
    const { isStopped, ended } = this.#poller
    const releasing = this.#releases.track(async () => {
      if (isStopped) await ended
      await this.#comeBack(handle, 0)
    })
    // The drain need not wait, because the close does.
    if (!isStopped) await releasing
  }

  async retry(handle: Handle, after: number): Promise<void> {
    this.#context.attempts.failed(handle.received)
    await this.#comeBack(handle, after)
  }

  async #comeBack({ received, receivedAt }: Handle, after: number): Promise<void> {
    const elapsed = Math.ceil((performance.now() - receivedAt) / 1_000)
    const seconds = Math.max(0, Math.min(Math.ceil(after / 1_000), longestVisibility - elapsed))
    await this.#comingAgainUnless('given back', this.#hide(received.handle, seconds))
  }

  async setAside(handle: Handle, headers: Readonly<Record<string, unknown>>): Promise<void> {
    const { deadLetter: name } = this.#queue.plan
    await this.#context.session.send(name, deadLetter(name, handle.received, headers))
    await this.ack(handle)
  }

  async renew({ received }: Handle): Promise<boolean> {
    try {
      await this.#hide(received.handle, this.#queue.visibilityTimeout)
      return true
    } catch (error) {
      if (isLeaseLost((error as Error).name)) return false
      throw error
    }
  }

  more(): void {
    this.#poller.poll()
  }

  /** Messages of receives under way are still taken, and then given back; SQS has counted their receive. */
  stop(): void {
    this.#poller.stop()
  }

  async close(): Promise<void> {
    await this.#poller.ended
    await this.#releases.idle()
    const { tools } = this.#context
    if (this.#queue.plan.own && tools.options.declare) await removeOwn(this.#queue, tools)
  }

  #hide(handle: string, seconds: number): Promise<void> {
    return this.#context.tools.receipts.hide(this.#queue.url, handle, seconds)
  }

  #take(message: Message): void {
    const { attempts, tools } = this.#context
    const handle: Handle = { received: received(message, this.#isRaw), receivedAt: performance.now() }
    const actor = this.#routes.get(handle.received.topic) ?? this.#routes.get('')
    if (actor) this.#receiver.take(arrivalOf(handle, attempts, actor, this.#queue, tools.options.topicPrefix))
  }

  /** Never rejects. After a failure the message comes again by itself. */
  async #comingAgainUnless(done: 'deleted' | 'given back', work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      const { plan, visibilityTimeout } = this.#queue
      this.#context.session.log.warn(
        `a message could not be ${done}; it comes again after its visibility timeout`,
        { queue: plan.name, visibilityTimeout, error: saidBy(error) },
      )
    }
  }

  #received(error: unknown, failures: number): void {
    const { tools, session } = this.#context
    const { plan, topics } = this.#queue
    if (isMissing(error)) {
      tools.queues.forget(plan.address)
      for (const arn of [...topics.values()].flat()) tools.topics.forget(arn)
      return this.#receiver.off(error)
    }
    const facts = { queue: plan.name }
    const before = this.#failures
    this.#failures = failures
    if (error === undefined) {
      if (before > 0) session.log.info('messages are received again', facts)
    } else if (before === 0 || (this.isFailing && before === tolerated)) {
      const level = this.isFailing ? 'error' : 'warn'
      session.log[level]('receiving failed; it is tried again', { ...facts, failures, error })
    }
  }
}
