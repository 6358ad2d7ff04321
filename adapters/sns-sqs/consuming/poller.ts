import type { Message, ReceiveMessageCommandInput } from '@aws-sdk/client-sqs'
import { backoffOf, spawn } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'
import type { Aws } from '../client/sdk.ts'
import { systemAttributes } from '../wire/system-attributes.ts'

/** The most receives of one queue at the same time. */
const mostReceives = 10
/**
 * How busy the event loop is, as a share of its time. Below the first value there are more receives, above the second
 * fewer.
 */
const free = 0.6
const busy = 0.9
/** How long the event loop is watched at least, in milliseconds. */
const period = 50
const backoff = backoffOf({ first: 250, cap: 30_000 })
/** For servers that answer before a receive has waited, though they have no messages. */
const idleBackoff = backoffOf({ first: 100, cap: 1_000 })
/** Receives in a row that may be empty so early, as when several of them wait for the same message. */
const toleratedEarly = 2

export interface PollerOptions {
  readonly queueUrl: string
  /** Seconds that a receive waits for messages. */
  readonly waitTime: number
  /** Seconds that received messages are hidden, whatever the setting of the queue has become. */
  readonly visibilityTimeout: number
  /** Messages per receive. */
  readonly batch: number
  /** How many more messages can be taken. */
  room(): number
  take(message: Message): void
  /** Called after each receive: with its error if it failed, and with the number of failures in a row. */
  received(error: unknown, failures: number): void
}

/**
 * Receives from one queue by long polling. It starts with one receive at a time, and adds more while receives come back
 * full and the process has time; more than that would only slow the others down. It never asks for more messages than
 * there is room for. A receive that fails, or is empty long before its time, pauses while the others go on, and one
 * fewer runs. It never gives up.
 */
export class Poller {
  readonly #aws: Aws
  readonly #options: PollerOptions
  #underWay = 0
  /** How many messages the receives under way may bring. */
  #asked = 0
  #desired = 1
  readonly #load = new Load()
  /** Failures in a row. Receives that were under way together and failed count as one. */
  #failures = 0
  /** Receives in a row that were empty long before their time. */
  #early = 0
  readonly #resting = new Set<NodeJS.Timeout>()
  /** Whether the server seems to know only the earlier name of what is asked for, as AWS itself did before 2024. */
  #asksAsBefore = false
  #stopped = false
  readonly #ended: Promise<void>
  #end = () => {}

  constructor(aws: Aws, options: PollerOptions) {
    this.#aws = aws
    this.#options = options
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Receives while there is room. Call it whenever there is more room than before. */
  poll(): void {
    const { batch } = this.#options
    while (!this.#stopped && this.#underWay + this.#resting.size < this.#desired) {
      const count = Math.min(batch, this.#options.room() - this.#asked)
      // Another receive is worth it only for a whole batch.
      if (count < 1 || (this.#underWay > 0 && count < batch)) return
      spawn('receiving messages', () => this.#receive(count))
    }
  }

  /** Starts no more receives. Resolves when none is under way; their messages are still taken. */
  stop(): Promise<void> {
    this.#stopped = true
    for (const rest of this.#resting) clearTimeout(rest)
    this.#resting.clear()
    this.#checkEnd()
    return this.#ended
  }

  async #receive(count: number): Promise<void> {
    this.#underWay++
    this.#asked += count
    const [failures, began] = [this.#failures, performance.now()]
    let messages: readonly Message[] | undefined
    try {
      const { Messages = [] } = await this.#aws.polls.receiveMessage(this.#request(count))
      messages = Messages
      this.#failures = 0
      this.#options.received(undefined, 0)
      this.#pace(messages.length === 0 && performance.now() - began < 500 * this.#options.waitTime)
    } catch (error) {
      this.#failed(error, failures)
    } finally {
      this.#underWay--
      this.#asked -= count
    }
    this.#adapt(messages?.length, count)
    this.#asksAsBefore ||= messages?.some((message) => !hasReceiveCount(message)) ?? false
    for (const message of messages ?? []) this.#take(message)
    this.#checkEnd()
    this.poll()
  }

  #checkEnd(): void {
    if (this.#stopped && this.#underWay === 0) this.#end()
  }

  /** A message that cannot be taken must not affect others; it comes again after its visibility timeout. */
  #take(message: Message): void {
    try {
      this.#options.take(message)
    } catch (error) {
      getLogger('tomodachi.sns-sqs').error('a message could not be taken', { id: message.MessageId, error })
    }
  }

  #request(count: number): ReceiveMessageCommandInput {
    return {
      QueueUrl: this.#options.queueUrl,
      MaxNumberOfMessages: count,
      WaitTimeSeconds: this.#options.waitTime,
      VisibilityTimeout: this.#options.visibilityTimeout,
      MessageSystemAttributeNames: [...systemAttributes],
      ...(this.#asksAsBefore && { AttributeNames: ['All'] }),
      MessageAttributeNames: ['All'],
    }
  }

  /** `got` is undefined if the receive failed. */
  #adapt(got: number | undefined, count: number): void {
    const looked = this.#load.look()
    // Keep two, because one that stalls must not hold up everything. A single failure does not mean that nothing waits.
    if (got === undefined && this.#failures === 1)
      this.#desired = Math.max(Math.min(2, this.#desired), this.#desired - 1)
    else if (got !== count) this.#desired = Math.max(1, this.#desired - 1)
    else if (this.#load.share < free) this.#desired = Math.min(mostReceives, this.#desired + 1)
    else if (looked && this.#load.share > busy) this.#desired = Math.max(2, this.#desired - 1)
  }

  /** `before` is how many had failed when the receive began. */
  #failed(error: unknown, before: number): void {
    if (this.#stopped) return
    this.#failures = this.#failures === before ? before + 1 : Math.max(1, this.#failures)
    this.#options.received(error, this.#failures)
    this.#rest(backoff(this.#failures))
  }

  #pace(isEarly: boolean): void {
    this.#early = isEarly ? this.#early + 1 : 0
    if (this.#early > toleratedEarly) this.#rest(idleBackoff(this.#early - toleratedEarly))
  }

  /** One receive fewer for so many milliseconds. */
  #rest(milliseconds: number): void {
    if (this.#stopped) return
    const rest = setTimeout(() => {
      this.#resting.delete(rest)
      this.poll()
    }, milliseconds)
    this.#resting.add(rest)
  }
}

function hasReceiveCount({ Attributes }: Message): boolean {
  return Attributes?.ApproximateReceiveCount !== undefined
}

/** How busy the event loop of this process is. */
class Load {
  /** Share of its time that was in use at the last look. */
  share = 0
  #before = performance.eventLoopUtilization()
  #since = performance.now()

  /** Measures, unless it has just done so. Returns whether it has measured. */
  look(): boolean {
    const now = performance.now()
    if (now - this.#since < period) return false
    const current = performance.eventLoopUtilization()
    this.share = performance.eventLoopUtilization(current, this.#before).utilization
    this.#before = current
    this.#since = now
    return true
  }
}
