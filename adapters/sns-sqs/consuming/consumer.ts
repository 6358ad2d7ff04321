import type { Message } from '@aws-sdk/client-sqs'
import {
  type BrokerSession,
  type Consumer,
  type Failure,
  type Receiver,
  spawn,
} from '../../../kernel/adapter-kit.ts'
import { isLeaseLost, isMissing, saidBy } from '../client/errors.ts'
import type { Inspection } from '../topology/inspection.ts'
import {
  type ReceivableQueue,
  receivable,
  removeOwn,
  type Tools,
  type TopicConsumer,
} from '../topology/topology.ts'
import type { AwsMessage } from '../wire/outgoing.ts'
import { Arrivals, type Handle } from './arrival.ts'
import type { Attempts } from './attempts.ts'
import { deadLetter } from './dead-letter.ts'
import { deletePayload } from './handled-payload.ts'
import { Poller } from './poller.ts'
import { longestWait } from './retention.ts'

/**
 * The longest time that SQS hides a message after its receive, in seconds: 12 hours (SQS API reference,
 * "ChangeMessageVisibility"), without the time that an answer may take.
 */
const longestVisibility = 43_200 - 10

/** What consumers share. */
export interface ConsumerContext {
  readonly session: Pick<BrokerSession<AwsMessage>, 'log' | 'send'>
  readonly tools: Tools
  readonly inspection: Inspection
  readonly attempts: Attempts
  /** Seconds that a receive waits. */
  readonly waitTime: number
}

/** Consumes one queue. */
export class QueueConsumer implements Consumer<Handle>, TopicConsumer {
  readonly lease?: number
  readonly longestLease = longestVisibility * 1_000
  #queue: ReceivableQueue
  readonly #receiver: Receiver<Handle>
  readonly #context: ConsumerContext
  readonly #poller: Poller
  #arrivals: Arrivals
  #restoring: (Failure & { readonly done: Promise<void> }) | undefined

  constructor(queue: ReceivableQueue, receiver: Receiver<Handle>, context: ConsumerContext) {
    const { tools, session, waitTime } = context
    const { actors, settings, fifo } = queue.plan
    this.#queue = queue
    this.#receiver = receiver
    this.#context = context
    // Without a visibility timeout there is nothing to renew.
    if (queue.visibilityTimeout > 0) this.lease = queue.visibilityTimeout * 1_000
    this.#arrivals = this.#arrivalsOf(queue)
    const isAlone = fifo && !actors.some(({ source }) => source.batch)
    this.#poller = new Poller(tools.aws, {
      queue: queue.plan.name,
      queueUrl: queue.url,
      log: session.log,
      waitTime,
      visibilityTimeout: queue.visibilityTimeout,
      // One receive that hangs is not worth telling: it ends, and the next one may be answered.
      patience: 2 * (tools.options.waitTime + tools.options.requestTimeout),
      batch: settings.maxNumberOfConsumedMessages ?? (isAlone ? 1 : 10),
      room: () => receiver.room,
      take: (message) => this.#take(message),
      failed: (error) => this.#failed(error),
    })
    tools.consumers.add(this)
    setImmediate(() => this.#poller.poll())
  }

  get failure(): Failure | undefined {
    return this.#restoring ?? this.#poller.failure
  }

  /** Rejects with what keeps messages from the queue. A receive that fails reports it by itself. */
  async look(): Promise<{ readonly attached: boolean; readonly waiting: number }> {
    const fault = await this.#context.inspection.faultOf(this.#queue)
    if (fault === undefined) return { attached: true, waiting: 0 }
    this.#forgetTopics()
    throw new Error(fault)
  }

  consumes(topicArn: string): boolean {
    return [...this.#queue.topics.values()].some((arns) => arns.includes(topicArn))
  }

  restore(reason: string): Promise<void> {
    this.#restoring ??= {
      error: new Error(reason),
      since: new Date(),
      done: this.#restore(reason).finally(() => {
        this.#restoring = undefined
      }),
    }
    return this.#restoring.done
  }

  async ack(handle: Handle): Promise<void> {
    const { tools, session } = this.#context
    if (await this.#delete(handle)) await deletePayload(handle, tools, session.log)
  }

  /** Resolves with whether the message is gone. */
  async #delete(handle: Handle): Promise<boolean> {
    const { attempts, tools } = this.#context
    const { received } = handle
    attempts.forget(received)
    return this.#comingAgainUnless('deleted', tools.receipts.delete(this.#queue.url, received.handle, handle))
  }

  async release(handle: Handle): Promise<void> {
    this.#context.attempts.released(handle.received)
    await this.#comeBack(handle, 0)
  }

  async retry(handle: Handle, after: number): Promise<void> {
    const { attempts, session } = this.#context
    const { plan, retention } = this.#queue
    const wait = Math.min(after, longestWait(handle.received, retention))
    if (wait < after) {
      const text = 'a retry comes early, because the queue would delete the message before it is due'
      session.log.warn(text, { queue: plan.name, retention, after, wait })
    }
    const isTooLong = wait > longestVisibility * 1_000
    attempts.failed(handle.received, isTooLong ? performance.now() + wait : 0)
    await this.#comeBack(handle, wait)
  }

  /** Hides a message again that comes before its next attempt, because SQS could not hide it for so long. */
  async #waitOn(handle: Handle, after: number): Promise<void> {
    this.#context.attempts.released(handle.received)
    await this.#comeBack(handle, after)
  }

  async #comeBack(handle: Handle, after: number): Promise<void> {
    const elapsed = Math.ceil((performance.now() - handle.receivedAt) / 1_000)
    const seconds = Math.max(0, Math.min(Math.ceil(after / 1_000), longestVisibility - elapsed))
    await this.#comingAgainUnless('given back', this.#hide(handle, seconds))
  }

  async setAside(handle: Handle, headers: Readonly<Record<string, unknown>>): Promise<void> {
    const { plan } = this.#queue
    await this.#context.session.send(plan.deadLetter, deadLetter(plan, handle.received, headers))
    await this.#delete(handle)
  }

  async renew(handle: Handle, milliseconds: number): Promise<boolean> {
    const now = performance.now()
    try {
      await this.#hide(handle, Math.floor(milliseconds / 1_000))
      handle.hiddenUntil = Math.max(handle.hiddenUntil, now + milliseconds)
      return true
    } catch (error) {
      if (isLeaseLost(error)) return false
      throw error
    }
  }

  more(): void {
    this.#poller.poll()
  }

  /** Messages of receives under way are still taken, and then given back; SQS has counted their receive. */
  stop(): Promise<void> {
    this.#context.tools.consumers.delete(this)
    return this.#poller.stop()
  }

  async close(): Promise<void> {
    const { tools } = this.#context
    if (this.#queue.plan.own && tools.options.declare) await removeOwn(this.#queue, tools)
  }

  async #restore(reason: string): Promise<void> {
    const { tools, session } = this.#context
    const { plan } = this.#queue
    session.log.warn('a queue is subscribed again', { queue: plan.name, reason })
    try {
      this.#queue = await receivable(plan, tools)
      this.#arrivals = this.#arrivalsOf(this.#queue)
    } catch (error) {
      this.#forgetTopics()
      this.#receiver.off(error)
    }
  }

  #forgetTopics(): void {
    const { tools } = this.#context
    for (const arn of [...this.#queue.topics.values()].flat()) tools.topics.forget(arn)
  }

  #hide(handle: Handle, seconds: number): Promise<void> {
    return this.#context.tools.receipts.hide(this.#queue.url, handle.received.handle, seconds, handle)
  }

  #arrivalsOf({ plan, topics }: ReceivableQueue): Arrivals {
    const { attempts, tools } = this.#context
    return new Arrivals(plan, topics, attempts, tools.options)
  }

  #take(message: Message): void {
    const { url, visibilityTimeout, maxReceiveCount, plan } = this.#queue
    const { attempts, session } = this.#context
    const arrival = this.#arrivals.of(message, url, visibilityTimeout * 1_000)
    const { received } = arrival.handle
    const wait = attempts.waitLeft(received)
    if (wait > 0 && attempts.canWait(received, arrival.actor.source.retry, maxReceiveCount))
      return spawn('hiding a message that comes early', () => this.#waitOn(arrival.handle, wait))
    if (wait > 0) {
      const text = 'a retry comes early, because one more receive could use up what its message has left'
      session.log.warn(text, { queue: plan.name, receives: received.receiveCount, wait })
    }
    this.#receiver.take(arrival)
  }

  /** Resolves with whether it is done, and never rejects. After a failure the message comes again by itself. */
  async #comingAgainUnless(done: 'deleted' | 'given back', work: Promise<void>): Promise<boolean> {
    try {
      await work
      return true
    } catch (error) {
      const { plan, visibilityTimeout } = this.#queue
      this.#context.session.log.warn(
        `a message could not be ${done}; it comes again after its visibility timeout`,
        { queue: plan.name, visibilityTimeout, error: saidBy(error) },
      )
      return false
    }
  }

  /** Returns whether the consumer comes off for it: its queue is gone. */
  #failed(error: unknown): boolean {
    if (!isMissing(error)) return false
    this.#context.tools.queues.forget(this.#queue.plan.address)
    this.#forgetTopics()
    this.#receiver.off(error)
    return true
  }
}
