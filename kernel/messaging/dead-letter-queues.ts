import type { Payload } from '../../envelopes/index.ts'
import type { Actor } from '../actors/actor.ts'
import { TomodachiError } from '../errors.ts'

/** A queue of messages that could not be handled. */
export interface DeadLetterQueue {
  /** As the broker knows it; the other methods take this name. */
  readonly name: string
  /** The queues whose messages are set aside in it. */
  readonly origins: readonly string[]
  /** Messages that wait in it; SQS only knows about how many. 0 when it does not exist yet. */
  readonly count: number
}

/** A message that was set aside. What it does not say is undefined. */
export interface DeadLetterMessage {
  readonly id: string | undefined
  /** What it was published to. */
  readonly topic: string | undefined
  /** The queue that it was taken from. */
  readonly queue: string | undefined
  readonly reason: string | undefined
  /** Name of the error that was its reason: `RangeError`. */
  readonly error: string | undefined
  /** Times that it was handed out. */
  readonly attempts: number | undefined
  /** When it was set aside. */
  readonly time: Date | undefined
  /** The publisher's own, without those that say why it is here. */
  readonly headers: Readonly<Record<string, unknown>>
  /** As it was published: text where it is UTF-8, else bytes. */
  readonly payload: Payload
}

/** How much is done, and who is told of it. */
export interface DeadLetterWork {
  /** Most messages. Default: all that were there when the work began; what is set aside meanwhile stays. */
  readonly limit?: number | undefined
  /** Ends the work after the messages in hand. */
  readonly signal?: AbortSignal | undefined
  /** Told now and then how many are done. */
  readonly progress?: ((done: number) => void) | undefined
}

export interface RedriveWork extends DeadLetterWork {
  /** The queue of messages that do not say where they came from. Default: `DEAD_LETTER_ORIGIN` for such a message. */
  readonly to?: string | undefined
}

/**
 * What can be done with messages that were set aside, while the bus is started; before, all reject with
 * `ADAPTER_NOT_STARTED`. A dead-letter queue may also be named by the queue whose messages it holds, as far as the bus was
 * started with a handler of that, and as on the command line. A queue that does not exist is an empty one.
 */
export interface DeadLetterQueues {
  /** Where messages of these actors are set aside. The actors need not be those that the bus was started with. */
  list(actors: readonly Actor[]): Promise<readonly DeadLetterQueue[]>

  /** The first messages, 10 unless `limit` says otherwise. They stay, but brokers count that they were looked at. */
  peek(queue: string, options?: { readonly limit?: number }): Promise<readonly DeadLetterMessage[]>

  /**
   * Puts messages back into the queues that they came from, as on their first attempt; resolves with how many. Each is
   * removed here when the broker has confirmed its copy: after a failure it may be in both places, but never in none.
   */
  redrive(queue: string, work?: RedriveWork): Promise<number>

  /** Removes messages for good; resolves with how many. */
  discard(queue: string, work?: DeadLetterWork): Promise<number>
}

/**
 * The dead-letter queues that a name means: those of the name, else those that hold messages of the queue of that name.
 * More than one when their name alone does not tell them apart.
 */
export function deadLetterQueuesNamed<Queue extends DeadLetterQueue>(
  wanted: string,
  queues: readonly Queue[],
): readonly Queue[] {
  const exact = queues.filter(({ name }) => name === wanted)
  return exact.length > 0 ? exact : queues.filter(({ origins }) => origins.includes(wanted))
}

/**
 * The same, taking names of origins too; `actors` are those that the bus was started with. Rejects with `QUEUE_UNKNOWN`
 * where several may be meant.
 */
export function namedByOrigin(queues: DeadLetterQueues, actors: () => readonly Actor[]): DeadLetterQueues {
  const named = async (wanted: string): Promise<string> => {
    const known = actors()
    const meant = known.length === 0 ? [] : deadLetterQueuesNamed(wanted, await queues.list(known))
    if (meant.length < 2) return meant[0]?.name ?? wanted
    const hint = `several may be meant: ${meant.map(({ name }) => name).join(', ')}`
    throw new TomodachiError('QUEUE_UNKNOWN', { queue: wanted, hint })
  }
  return {
    list: (actors) => queues.list(actors),
    peek: async (queue, options) => queues.peek(await named(queue), options),
    redrive: async (queue, work) => queues.redrive(await named(queue), work),
    discard: async (queue, work) => queues.discard(await named(queue), work),
  }
}

/** Most messages in hand at a time: as many may be in two places when the process is killed. */
const inHand = 100

/**
 * Works through `count` messages in batches, each done by a call of `batch`, which is told how many it may do and says
 * how many it did; 0 ends the work. Resolves with how many are done.
 */
export async function workThrough(
  { limit = Number.POSITIVE_INFINITY, signal, progress }: DeadLetterWork,
  count: number,
  batch: (most: number) => Promise<number>,
): Promise<number> {
  const total = Math.min(limit, count)
  let done = 0
  while (done < total && !signal?.aborted) {
    const more = await batch(Math.min(inHand, total - done))
    if (more === 0) break
    done += more
    progress?.(done)
  }
  return done
}
