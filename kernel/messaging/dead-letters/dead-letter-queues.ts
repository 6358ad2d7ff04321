import type { Payload } from '../../../envelopes/index.ts'
import type { Actor } from '../../actors/actor.ts'
import { TomodachiError } from '../../errors.ts'
import { type OptionShapes, resolveOption, resolveOptions } from '../../options/resolve-options.ts'
import type { Broker, ConsumedQueue, Link } from '../broker/broker.ts'
import type { DeadLetterItem, DeadLetterReader } from '../broker/dead-letter-reader.ts'
import type { MessageActor } from '../topics/messages.ts'
import { deadLetterMessage } from './dead-letter-headers.ts'
import { deadLetterQueuesMeant } from './dead-letter-name.ts'
import {
  type DeadLetterWork,
  type PeekOptions,
  peekShapes,
  queueName,
  type RedriveWork,
  type ResolvedWork,
  redriveShapes,
  workShapes,
} from './dead-letter-work.ts'

/** A queue of messages that could not be handled. */
export interface DeadLetterQueue {
  /** The name on the broker; the other methods take this name. */
  readonly name: string
  /** The queues whose failed messages are set aside in it. */
  readonly origins: readonly string[]
  /**
   * How many messages wait in it. It depends on the broker whether messages that somebody is looking at or working on at
   * the moment are included, and on some brokers the number is approximate. 0 if the queue does not exist yet.
   */
  readonly count: number
}

/** A message that was set aside. Facts that it does not carry are undefined. */
export interface DeadLetterMessage {
  readonly id: string | undefined
  /** The topic it was published to. */
  readonly topic: string | undefined
  /** The queue it was consumed from. */
  readonly queue: string | undefined
  readonly reason: string | undefined
  /** Name of the error that caused it to be set aside: `RangeError`. */
  readonly error: string | undefined
  /** How many times it was handed out. */
  readonly attempts: number | undefined
  /** When it was set aside. */
  readonly time: Date | undefined
  /** The publisher's own headers, without those that say why the message was set aside. */
  readonly headers: Readonly<Record<string, unknown>>
  /** The payload as it was published: text if it is UTF-8, else bytes. */
  readonly payload: Payload
}

/**
 * Lists, reads, redrives and discards messages that were set aside. The bus has to be started; before that, every
 * method rejects with `ADAPTER_NOT_STARTED`. You can name a dead-letter queue by its own name or, as on the command
 * line, by the name of the queue whose messages it holds, if the bus was started with a handler of that queue. A queue
 * that does not exist counts as empty.
 */
export interface DeadLetterQueues {
  /** The dead-letter queues of these actors. The actors need not be those that the bus was started with. */
  list(actors: readonly Actor[]): Promise<readonly DeadLetterQueue[]>

  /** The dead-letter queues of these actors that a name means. More than one if the name does not tell them apart. */
  named(queue: string, actors: readonly Actor[]): Promise<readonly DeadLetterQueue[]>

  /**
   * Returns the first messages, 10 unless you set `limit`. They stay in the queue, but brokers count that they were
   * read.
   */
  peek(queue: string, options?: PeekOptions): Promise<readonly DeadLetterMessage[]>

  /**
   * Puts messages back into the queues they came from, as a first attempt. Resolves with how many. Each message is
   * removed here once the broker has confirmed its copy, so after a failure it may be in both places, but never in
   * none.
   */
  redrive(queue: string, work?: RedriveWork): Promise<number>

  /** Deletes messages for good. Resolves with how many. */
  discard(queue: string, work?: DeadLetterWork): Promise<number>
}

/** What there is of a bus while it is started. */
interface Running {
  readonly link: Pick<Link, 'open' | 'count' | 'countsRoughly' | 'isSame'> & {
    setAsideBy?(queue: ConsumedQueue): Promise<readonly string[]>
  }
  readonly actors: readonly Actor[]
}

/**
 * What can be done with the dead letters of a broker; `running` throws where the bus is not started. The methods need no
 * `this`: whoever wraps a bus may copy them.
 */
export function deadLetterQueuesOf(broker: object, running: (operation: string) => object): DeadLetterQueues {
  const letters = new DeadLetters(broker, running)
  return {
    list: (actors) => letters.list(actors),
    named: (queue, actors) => letters.named(queue, actors),
    peek: (queue, options) => letters.peek(queue, options),
    redrive: (queue, work) => letters.redrive(queue, work),
    discard: (queue, work) => letters.discard(queue, work),
  }
}

class DeadLetters implements DeadLetterQueues {
  readonly #broker: Pick<Broker, 'owner' | 'transport'> & {
    plan(actors: readonly MessageActor[]): readonly ConsumedQueue[]
  }
  readonly #running: (operation: string) => Running

  constructor(broker: object, running: (operation: string) => object) {
    this.#broker = broker as never
    this.#running = running as never
  }

  async list(actors: readonly Actor[]): Promise<readonly DeadLetterQueue[]> {
    return this.#list(actors, this.#running('listing dead letters').link)
  }

  async named(wanted: string, actors: readonly Actor[]): Promise<readonly DeadLetterQueue[]> {
    const { link } = this.#running(`looking for ${wanted}`)
    return deadLetterQueuesMeant(wanted, await this.#list(actors, link), link)
  }

  async peek(wanted: string, options: PeekOptions = {}): Promise<readonly DeadLetterMessage[]> {
    const { limit } = this.#checked('peek', wanted, options, peekShapes)
    const seen: DeadLetterItem[] = []
    await this.#open(wanted, `looking at ${wanted}`, async (reader) => {
      while (seen.length < limit) {
        const items = await reader.take(limit - seen.length)
        if (items.length === 0) break
        seen.push(...items)
      }
    })
    return seen.map(deadLetterMessage)
  }

  async redrive(wanted: string, options: RedriveWork = {}): Promise<number> {
    const { to, ...work } = this.#checked('redrive', wanted, options, redriveShapes)
    return this.#workOn(wanted, `redriving ${wanted}`, work, async (item, reader, queue) => {
      const origin = item.headers['x-dead-letter-queue'] ?? item.queue ?? to
      if (typeof origin !== 'string' || origin === queue)
        throw new TomodachiError('DEAD_LETTER_ORIGIN', { queue })
      return reader.putBack(item, origin)
    })
  }

  async discard(wanted: string, options: DeadLetterWork = {}): Promise<number> {
    const work = this.#checked('discard', wanted, options, workShapes)
    return this.#workOn(wanted, `discarding ${wanted}`, work, async () => {})
  }

  #checked<Shapes extends OptionShapes>(method: string, queue: string, given: object, shapes: Shapes) {
    const owner = `${this.#broker.owner ?? this.#broker.transport}.deadLetterQueues.${method}`
    resolveOption({ owner, path: '' }, 'queue', queue, queueName)
    return resolveOptions(owner, given, shapes)
  }

  async #list(actors: readonly Actor[], link: Running['link']): Promise<readonly DeadLetterQueue[]> {
    const origins = new Map<string, string[]>()
    for (const queue of this.#broker.plan(actors as readonly MessageActor[])) {
      if (queue.private) continue
      for (const name of new Set([queue.deadLetter, ...((await link.setAsideBy?.(queue)) ?? [])]))
        origins.set(name, [...(origins.get(name) ?? []), queue.name])
    }
    return Promise.all(
      [...origins].map(async ([name, from]) => ({ name, origins: from, count: await link.count(name) })),
    )
  }

  /** Opens the queue that a name means, the name of an origin too. Rejects with `QUEUE_UNKNOWN` where several may be meant. */
  async #open(
    wanted: string,
    operation: string,
    use: (reader: DeadLetterReader, queue: string, link: Running['link']) => Promise<void>,
  ): Promise<void> {
    const { link, actors } = this.#running(operation)
    const meant = actors.length === 0 ? [] : await this.named(wanted, actors)
    if (meant.length > 1) {
      const hint = `several may be meant: ${meant.map(({ name }) => name).join(', ')}`
      throw new TomodachiError('QUEUE_UNKNOWN', { queue: wanted, hint })
    }
    const queue = meant[0]?.name ?? wanted
    const reader = await link.open(queue)
    if (!reader) return
    try {
      await use(reader, queue, link)
    } finally {
      await reader.close()
    }
  }

  /** Does something to each message that was there when the work began, and removes it. Resolves with how many. */
  async #workOn(
    wanted: string,
    operation: string,
    work: ResolvedWork,
    handle: (item: DeadLetterItem, reader: DeadLetterReader, queue: string) => Promise<unknown>,
  ): Promise<number> {
    let done = 0
    await this.#open(wanted, operation, async (reader, queue, link) => {
      const copies = new Set<unknown>()
      const finish = async (item: DeadLetterItem) => {
        const copy = await handle(item, reader, queue)
        if (copy !== undefined) copies.add(copy)
        await reader.ack(item)
      }
      const there = { count: await link.count(queue), isRough: link.countsRoughly ?? false }
      done = await workThrough(work, there, async (most) => {
        const taken = await reader.take(most)
        if (taken.length === 0) return undefined
        const others = taken.filter((item) => !item.copies?.some((copy) => copies.has(copy)))
        const failed = (await Promise.allSettled(others.map(finish))).find(
          ({ status }) => status === 'rejected',
        )
        if (failed) throw (failed as PromiseRejectedResult).reason
        return others.length
      })
    })
    return done
  }
}

/** Most messages in hand at a time: as many may be in two places when the process is killed. */
const inHand = 100

/**
 * Works through as many messages as there were, in batches, each done by a call of `batch`, which is told how many it
 * may do and says how many it did, or undefined when there are none left. Resolves with how many are done. A rough count
 * may be too low, so the first batch is done in any case.
 */
async function workThrough(
  { limit, signal, progress }: ResolvedWork,
  { count, isRough }: { readonly count: number; readonly isRough: boolean },
  batch: (most: number) => Promise<number | undefined>,
): Promise<number> {
  let total = Math.min(limit, isRough ? Math.max(count, inHand) : count)
  let done = 0
  while (done < total && !signal?.aborted) {
    const more = await batch(Math.min(inHand, total - done))
    if (more === undefined) break
    done += more
    total = Math.min(total, Math.max(count, done))
    if (more > 0) progress?.(done)
  }
  return done
}
