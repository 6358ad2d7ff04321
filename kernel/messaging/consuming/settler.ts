import type { Settlement } from '../../actors/settlement.ts'
import { systemClock } from '../../clock.ts'
import type { Logger } from '../../log/index.ts'
import { millisecondsIn } from '../../options/duration.ts'
import { isPromise, type MaybePromise } from '../../promise.ts'
import { reasonOf } from '../../thrown.ts'
import type { Arrival, ConsumedQueue } from '../broker/broker.ts'
import type { Consumer, Replied } from '../broker/consumer.ts'
import { deadLetterHeaders } from '../dead-letters/dead-letter-headers.ts'
import { longestWait } from '../topics/delivery-rules.ts'
import { encode } from '../topics/messages.ts'
import type { InHand } from './intake.ts'

/** How long a message is held back before it is given back, where its follow-up failed: in milliseconds. */
const holdBack = { least: 1_000, most: 30_000 }

/** A function of the attempt may return Infinity, which no broker can wait for. */
const mostAfter = millisecondsIn(longestWait) as number

/** Carries out the steps of settlements on the messages of one queue. */
export interface Settler<Handle> {
  readonly queue: ConsumedQueue
  readonly log: Logger
  /** Does something to a message by whatever consumer its queue has; nothing when it is gone. */
  by(held: InHand<Handle>, step: Step<Handle>): MaybePromise<void>
  /** Whether others may have the message: nothing can be done to it. */
  isGone(held: InHand<Handle>): boolean
  /** Resolves when a message has been held back for so many milliseconds, or sooner at a pause. */
  holdBack(milliseconds: number): Promise<void>
}

/** Does to a message what its settlement says. */
export function carryOut<Handle>(
  settlement: Settlement,
  held: InHand<Handle>,
  settler: Settler<Handle>,
): MaybePromise<void> {
  const { arrival } = held
  const { queue, log } = settler
  if (settlement.state === 'acked' && !arrival.wantsReply) return settler.by(held, acked)
  const { topic, attempt } = arrival
  const facts = { queue: queue.name, topic, messageId: held.id, attempt, ...held.delivery?.logFields }
  const follow = (step: Step<Handle>, reply?: () => Promise<Replied>, wait = 0) => {
    const doing = () =>
      arrival.wantsReply && reply ? answered(held, settler, reply, step) : settler.by(held, step)
    return followUp(held, settler, doing, wait)
  }
  switch (settlement.state) {
    case 'acked':
      return follow(acked, () => replyOf(held, settlement.reply))
    case 'dropped':
      log.warn('message dropped', { ...facts, reason: settlement.reason })
      if (!arrival.wantsReply) return settler.by(held, acked)
      return follow(acked, async () => ({ failure: settlement.reason }))
    case 'deadLettered': {
      const { reason, error = reason } = settlement
      log.error('message dead-lettered', { ...facts, deadLetter: queue.deadLetter, error })
      const headers = deadLetterHeaders(settlement, originOf(arrival, queue))
      return follow(
        (consumer, handle) => consumer.setAside(handle, headers),
        async () => ({ failure: reason }),
      )
    }
    case 'released': {
      const { failed, after, error } = settlement
      if (!failed) return settler.by(held, released)
      log.warn('handler failed, will be retried', { ...facts, after, error })
      return follow(
        (consumer, handle) => consumer.retry(handle, Math.min(after, mostAfter), arrival.attempt + 1),
        undefined,
        after,
      )
    }
  }
}

/** Answers whoever waits, and then does the rest, by whatever consumer there is by then. */
async function answered<Handle>(
  held: InHand<Handle>,
  settler: Settler<Handle>,
  reply: () => Promise<Replied>,
  step: Step<Handle>,
): Promise<void> {
  const answer = await reply()
  await settler.by(held, (consumer, handle) => consumer.reply?.(handle, answer))
  await settler.by(held, step)
}

/** A follow-up that fails gives the message back, after a while: at once it would come back at once, and fail again. */
function followUp<Handle>(
  held: InHand<Handle>,
  settler: Settler<Handle>,
  doing: () => MaybePromise<void>,
  wait: number,
): MaybePromise<void> {
  const failed = async (error: unknown) => {
    if (settler.isGone(held)) return
    const { topic, attempt } = held.arrival
    const facts = { queue: settler.queue.name, topic, attempt, error }
    settler.log.error('the follow-up could not be published, the message is given back', facts)
    await settler.holdBack(Math.min(Math.max(wait, holdBack.least), holdBack.most))
    await settler.by(held, released)
  }
  try {
    const following = doing()
    return isPromise(following) ? following.catch(failed) : following
  } catch (error) {
    return failed(error)
  }
}

/** What is done to a message by the consumer of its queue. */
export type Step<Handle> = (consumer: Consumer<Handle>, handle: Handle) => MaybePromise<void>

const acked = <Handle>(consumer: Consumer<Handle>, handle: Handle) => consumer.ack(handle)
const released = <Handle>(consumer: Consumer<Handle>, handle: Handle) => consumer.release(handle)

function originOf({ topic, attempt }: Arrival, { name }: ConsumedQueue) {
  return { topic, queue: name, attempts: attempt }
}

/** What a handler has returned, as it goes back. Another try would return the same, so it never fails. */
async function replyOf<Handle>({ arrival, actor }: InHand<Handle>, reply: unknown): Promise<Replied> {
  const { topic, format } = actor.source
  const contract = { name: arrival.topic, ...(topic.reply && { schema: topic.reply }) }
  try {
    return await encode(contract, reply, {}, format, actor.service)
  } catch (error) {
    return { failure: reasonOf(error) }
  }
}

/** Waits that can be ended all at once. */
export class Waits {
  readonly #ends = new Set<() => void>()
  #isOver = false

  wait(milliseconds: number): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        systemClock.clearTimeout(timer)
        this.#ends.delete(end)
        resolve()
      }
      const timer = systemClock.setTimeout(end, milliseconds)
      this.#ends.add(end)
    })
  }

  /** Ends all that are under way and, for good, all to come. */
  end(): void {
    this.#isOver = true
    for (const end of this.#ends) end()
  }
}
