import type { BrokerSession, Consumer, Held, Receiver } from '../../../kernel/adapter-kit.ts'
import { Arrivals, type Handle } from '../consuming/arrival.ts'
import type { Attempts } from '../consuming/attempts.ts'
import { deadLetter } from '../consuming/dead-letter.ts'
import type { PlannedQueue } from '../sources/plan.ts'
import type { Tools } from '../topology/topology.ts'
import { parseArn } from '../wire/names.ts'
import type { AwsMessage } from '../wire/outgoing.ts'
import type { SqsRecord } from './event.ts'
import { messageOf } from './message.ts'

/** A record on its way through its handler. */
export class TakenRecord {
  /** Whether the message is done, so that Lambda may delete it. Undefined until that is known. */
  isDone: boolean | undefined
  /** Resolves with `isDone`. Never rejects. */
  readonly done: Promise<boolean>
  /** Set once it is with its handler. */
  held: Held | undefined
  #resolve: (isDone: boolean) => void = () => {}

  constructor() {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  answer(isDone: boolean): void {
    this.isDone ??= isDone
    this.#resolve(this.isDone)
  }

  /** Takes the message away from its handler, unless it has been answered. It is not done then. */
  lose(reason: string): void {
    if (this.isDone !== undefined) return
    this.answer(false)
    this.held?.lose(reason)
  }
}

/** What the queues of a bus share. */
export interface QueueContext {
  readonly session: Pick<BrokerSession<AwsMessage>, 'log' | 'send'>
  readonly tools: Pick<Tools, 'options'>
  readonly attempts: Attempts
}

/** A queue whose messages come with Lambda's invocations. Lambda hides them, deletes them, and hands them out again. */
export class InvokedQueue implements Consumer<Handle> {
  readonly #plan: PlannedQueue
  readonly #receiver: Receiver<Handle>
  readonly #context: QueueContext
  readonly #arrivals: Arrivals
  readonly #waiting = new Map<Handle, TakenRecord>()

  constructor(plan: PlannedQueue, receiver: Receiver<Handle>, context: QueueContext) {
    this.#plan = plan
    this.#receiver = receiver
    this.#context = context
    // Without a look at SNS: by the names of the topics.
    this.#arrivals = new Arrivals(plan, new Map(), context.attempts, context.tools.options)
  }

  take(record: SqsRecord): TakenRecord {
    const taken = new TakenRecord()
    try {
      const arrival = this.#arrivals.of(messageOf(record), urlOf(record), Number.POSITIVE_INFINITY)
      this.#waiting.set(arrival.handle, taken)
      taken.held = this.#receiver.take(arrival)
    } catch (error) {
      // It must not affect the others.
      const facts = { id: record.messageId, error }
      this.#context.session.log.error('a message could not be taken', facts)
      taken.answer(false)
    }
    return taken
  }

  ack(handle: Handle): void {
    this.#context.attempts.forget(handle.received)
    this.#answer(handle, true)
  }

  release(handle: Handle): void {
    this.#context.attempts.released(handle.received)
    this.#answer(handle, false)
  }

  /** It comes again after the visibility timeout of the queue, whatever wait was asked for. */
  retry(handle: Handle): void {
    this.#context.attempts.failed(handle.received)
    this.#answer(handle, false)
  }

  async setAside(handle: Handle, headers: Readonly<Record<string, unknown>>): Promise<void> {
    const plan = this.#plan
    await this.#context.session.send(plan.deadLetter, deadLetter(plan, handle.received, headers))
    this.ack(handle)
  }

  /** The kernel gives back whatever still comes. */
  stop(): void {}

  async close(): Promise<void> {
    for (const handle of this.#waiting.keys()) this.#answer(handle, false)
  }

  #answer(handle: Handle, isDone: boolean): void {
    this.#waiting.get(handle)?.answer(isDone)
    this.#waiting.delete(handle)
  }
}

/** The URL of the queue that a record came from (AWS General Reference, "Amazon SQS endpoints and quotas"). */
function urlOf({ eventSourceARN }: SqsRecord): string {
  const { partition, region, account, resource } = parseArn(eventSourceARN) ?? {}
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `https://sqs.${region}.${suffix}/${account}/${resource}`
}
