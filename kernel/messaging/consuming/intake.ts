import { Envelope, type EnvelopeDetails } from '../../../envelopes/index.ts'
import type { Deliver } from '../../actors/bus.ts'
import type { CancellableDelivery } from '../../actors/delivery.ts'
import type { Settlement } from '../../actors/settlement.ts'
import { outside } from '../../async-context.ts'
import type { Placed } from '../../bag.ts'
import { TomodachiError } from '../../errors.ts'
import { follow, isPromise, type MaybePromise } from '../../promise.ts'
import { isError, reasonOf } from '../../thrown.ts'
import type { Arrival, Held } from '../broker/broker.ts'
import { settlementsOf, sharedHeaders } from '../topics/batch.ts'
import type { RetryLimits } from '../topics/delivery-rules.ts'
import type { MessageGiven } from '../topics/message-options.ts'
import { decode, type MessageActor } from '../topics/messages.ts'
import type { Attachment } from './attachment.ts'
import type { Lease } from './leases.ts'

/** A message that is not settled; its envelope takes its details from here. */
export class InHand<Handle = unknown> implements Held, Placed, EnvelopeDetails {
  readonly arrival: Arrival<Handle>
  /** What hands it to its actor. */
  readonly intake: Intake<Handle>
  /** Set when it is with its handler. */
  delivery: CancellableDelivery | undefined
  /** What it cannot be handled for. */
  failure: Error | undefined
  lease: Lease | undefined
  /** Whether it waits for others of its batch. */
  isGathered = false
  /** Whether others may have it: it must not be settled any more. */
  isLost = false
  place = -1
  /** What it has come by. */
  readonly attachment: Attachment<Handle>
  /** Grows with each message of a queue. */
  readonly sequence: number
  readonly #lost: (held: InHand<Handle>, reason: string) => void
  /** Its identity where its format has one. */
  #uuid: string | undefined

  constructor(
    arrival: Arrival<Handle>,
    intake: Intake<Handle>,
    attachment: Attachment<Handle>,
    sequence: number,
    lost: (held: InHand<Handle>, reason: string) => void,
  ) {
    this.arrival = arrival
    this.intake = intake
    this.attachment = attachment
    this.sequence = sequence
    this.#lost = lost
  }

  get id(): string {
    return this.#uuid || this.arrival.id
  }

  get actor(): MessageActor {
    return this.intake.actor
  }

  get attempt(): number {
    return this.arrival.attempt
  }

  get headers(): Arrival['headers'] {
    return this.arrival.headers
  }

  /** The given of its arrival, which has been completed. */
  get given(): MessageGiven {
    return this.arrival.given as MessageGiven
  }

  /** Reads the payload, and completes what the handler is given. */
  read(queue: string): void {
    const { payload, headers, attempt, redeliveries = 0, topic, fault } = this.arrival
    const { format, retry } = this.actor.source
    const { data, metadata, failure } = decode(format, payload, topic || queue, headers, fault)
    const given = this.given as { -readonly [Name in keyof MessageGiven]: MessageGiven[Name] }
    given.data = data
    given.attempt = attempt
    given.redeliveries = redeliveries
    given.metadata = metadata
    given.headers = headers
    this.#uuid = metadata?.messageUuid
    this.failure = failure ?? excess(topic || queue, redeliveries, retry)
  }

  lose(reason: string): void {
    this.#lost(this, reason)
  }
}

/** The error of a message that came back too often. */
function excess(topic: string, redeliveries: number, { redeliveries: most }: RetryLimits) {
  if (redeliveries <= most) return undefined
  return new TomodachiError('REDELIVERED_TOO_OFTEN', { topic, redeliveries, most })
}

/** Told what became of one message. */
export type SettleOne<Handle> = (settlement: Settlement, held: InHand<Handle>) => MaybePromise<void>

/** Hands messages to their actor, alone or in batches, and has them settled one by one. */
export class Intake<Handle> {
  readonly actor: MessageActor
  readonly #deliver: Deliver
  readonly #settle: SettleOne<Handle>
  #batch: InHand<Handle>[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(actor: MessageActor, deliver: Deliver, settle: SettleOne<Handle>) {
    this.actor = actor
    this.#deliver = deliver
    this.#settle = settle
  }

  /** Hands it over at once, or with others. */
  take(held: InHand<Handle>): void {
    const { source } = this.actor
    if (!source.batch || held.failure) return this.#alone(held)
    held.isGathered = true
    // One that does not fit must not spoil the batch.
    try {
      const checking = source.check?.(held.given)
      if (!isPromise(checking)) return this.#join(held)
      void follow(
        checking,
        () => this.#join(held),
        (error: unknown) => this.#unfit(held, error),
      )
    } catch (error) {
      this.#unfit(held, error)
    }
  }

  /** Takes a message back that waits for others. */
  withdraw(held: InHand<Handle>): void {
    held.isGathered = false
    this.#batch = this.#batch.filter((other) => other !== held)
    if (this.#batch.length === 0) this.#stopWaiting()
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #alone(held: InHand<Handle>): void {
    held.delivery = this.#deliver(
      new Envelope(this.actor.address, held.given, held),
      (settlement, delivery) => {
        held.delivery = delivery
        return this.#settle(settlement, held)
      },
    )
  }

  #unfit(held: InHand<Handle>, error: unknown): void {
    if (!held.isGathered) return
    held.isGathered = false
    held.failure = isError(error) ? error : new Error(reasonOf(error), { cause: error })
    this.#alone(held)
  }

  #join(held: InHand<Handle>): void {
    const { batch } = this.actor.source
    if (!batch || !held.isGathered) return
    this.#batch.push(held)
    if (this.#batch.length >= batch.size) this.#together()
    else this.#timer ??= outside(() => setTimeout(() => this.#together(), batch.wait))
  }

  #together(): void {
    this.#stopWaiting()
    const messages = this.#batch
    this.#batch = []
    for (const held of messages) held.isGathered = false
    const attempt = Math.max(...messages.map(({ arrival }) => arrival.attempt))
    const batch = messages.map(({ given }) => given)
    const envelope = new Envelope(this.actor.address, { batch }, { attempt, headers: sharedHeaders(batch) })
    const delivery = this.#deliver(envelope, (settlement) => this.#settleEach(settlement, messages))
    for (const held of messages) held.delivery = delivery
  }

  async #settleEach(settlement: Settlement, messages: readonly InHand<Handle>[]): Promise<void> {
    const attempts = messages.map(({ arrival }) => arrival.attempt)
    const settlements = settlementsOf(settlement, attempts, this.actor.source.failed)
    await Promise.all(
      messages.map(async (held, place) => this.#settle(settlements[place] as Settlement, held)),
    )
  }
}

/** Messages that may wait for others of their key: enough to find work for every free slot, and bounded. */
const orderedPrefetch = 100

/** Most messages of an actor that may be in hand. */
export function mostInHand({ concurrency, ordered, source }: MessageActor): number {
  const most = concurrency * (source.batch?.size ?? 1)
  return ordered ? Math.max(most, orderedPrefetch) : most
}

/** Whether messages of these actors can wait in the process though there is room for them. */
export function canWait(actors: readonly MessageActor[]): boolean {
  return actors.some(({ ordered, source }) => actors.length > 1 || ordered || source.batch)
}

/**
 * How many more of these actors' messages could start now; none while `readAhead` of those in hand wait for a free slot
 * or for others of their key.
 */
export function startable(
  inHand: Iterable<Pick<InHand, 'delivery' | 'isGathered' | 'actor'>>,
  actors: readonly MessageActor[],
  readAhead: number,
): number {
  const running = new Set<CancellableDelivery>()
  const gathered: MessageActor[] = []
  let waiting = 0
  for (const { delivery, isGathered, actor } of inHand) {
    if (isGathered) gathered.push(actor)
    else if (delivery?.started) running.add(delivery)
    else waiting++
  }
  if (waiting >= readAhead) return 0
  const free = (actor: MessageActor) => {
    const slots = actor.concurrency - [...running].filter((delivery) => delivery.actor === actor).length
    const others = gathered.filter((other) => other === actor).length
    return Math.max(0, slots * (actor.source.batch?.size ?? 1) - others)
  }
  return actors.reduce((sum, actor) => sum + free(actor), 0)
}
