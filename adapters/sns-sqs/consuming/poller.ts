import type { Message, ReceiveMessageCommandInput } from '@aws-sdk/client-sqs'
import { backoffOf, type Failure, spawn } from '../../../kernel/adapter-kit.ts'
import type { Logger } from '../../../kernel/index.ts'
import { saidBy } from '../client/errors.ts'
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
/** After more failed receives in a row than this, receiving counts as failing. */
const toleratedFailures = 2

export interface PollerOptions {
  /** Its name, for the log. */
  readonly queue: string
  readonly queueUrl: string
  readonly log: Logger
  /** Seconds that a receive waits for messages. */
  readonly waitTime: number
  /** Seconds that received messages are hidden, whatever the setting of the queue has become. */
  readonly visibilityTimeout: number
  /** How long no receive may have been answered, in milliseconds, before receiving counts as failing. */
  readonly patience: number
  /** Messages per receive. */
  readonly batch: number
  /** How many more messages can be taken. */
  room(): number
  take(message: Message): void
  /** Called with the error of each receive that failed. Returns whether that has been told. */
  failed(error: unknown): boolean
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
  #failure: Failure | undefined
  /** When a receive was answered last, or the first one began; undefined while there is no room for messages. */
  #unansweredSince: number | undefined
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

  /** Why no messages come though there is room; undefined while they come, or would. */
  get failure(): Failure | undefined {
    if (this.#failures > toleratedFailures) return this.#failure
    const silence = performance.now() - (this.#unansweredSince ?? Number.POSITIVE_INFINITY)
    if (silence <= this.#options.patience) return undefined
    const error = new Error(`no receive has been answered for ${Math.round(silence / 1_000)} s`)
    return { error, since: new Date(Date.now() - silence) }
  }

  /** Receives while there is room. Call it whenever there is more room than before. */
  poll(): void {
    const { batch } = this.#options
    while (!this.#stopped && this.#underWay + this.#resting.size < this.#desired) {
      const count = Math.min(batch, this.#options.room() - this.#asked)
      if (count < 1 && this.#underWay === 0) this.#unansweredSince = undefined
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
    this.#unansweredSince ??= performance.now()
    const { queue, log } = this.#options
    const [failures, began] = [this.#failures, performance.now()]
    let messages: readonly Message[] | undefined
    try {
      const { Messages = [] } = await this.#aws.polls.receiveMessage(this.#request(count))
      messages = Messages
      if (this.#failures > 0) log.info('messages are received again', { queue })
      this.#failures = 0
      this.#unansweredSince = performance.now()
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
      this.#options.log.error('a message could not be taken', { id: message.MessageId, error })
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
    const since = (this.#failures > 0 && this.#failure?.since) || new Date()
    this.#failure = { error: new Error(saidBy(error), { cause: error }), since }
    const failures = this.#failures
    this.#failures = failures === before ? before + 1 : Math.max(1, failures)
    if (!this.#options.failed(error)) this.#tell(error, failures)
    this.#rest(backoff(this.#failures))
  }

  /** Of many failures in a row, the first one, and the one from which on receiving counts as failing. */
  #tell(error: unknown, before: number): void {
    const { queue, log } = this.#options
    const facts = { queue, failures: this.#failures, error }
    const text = 'receiving failed; it is tried again'
    if (before === toleratedFailures && this.#failures > before) log.error(text, facts)
    else if (before === 0) log.warn(text, facts)
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
