import mittModule, { type Emitter } from 'mitt'
import type { Envelope } from '../../envelopes/index.ts'
import { TomodachiError } from '../errors.ts'
import { getLogger } from '../log/index.ts'
import { spawn } from '../log/spawn.ts'
import { isPromise } from '../promise.ts'
import type { CancellableDelivery, Delivery, Settle } from './delivery.ts'
import type { Instrument } from './instrument.ts'

// Under node's module resolution mitt's types describe a module object where there is a function.
const mitt = mittModule as unknown as <Events extends Record<string | symbol, unknown>>() => Emitter<Events>

/** A message that was handed to a broker, and confirmed by it. */
export interface Published {
  /** Name of the adapter. */
  readonly adapter: string
  /** Kind of transport, in a word, as that of sources. */
  readonly transport: string
  readonly topic: string
  /** Bytes of the payload. */
  readonly bytes: number
  /** Milliseconds until the broker had confirmed it. */
  readonly elapsed: number
}

/** A message that no broker has confirmed. */
export interface Unpublished extends Omit<Published, 'bytes'> {
  readonly error: unknown
}

/** A step of the lifecycle. States are paths such as `draining.waiting`. */
export interface LifecycleStep {
  readonly from: string
  readonly to: string
  /** The event that caused it. */
  readonly event: string
}

/** What observers can watch. */
export interface BusEvents {
  /** A delivery came in. It may still wait in a mailbox. */
  received: Delivery
  /** A delivery is finished: settled, and its transport told. */
  settled: Delivery
  /** A handler has ended after its delivery was taken away: its outcome counts for nothing. */
  late: Delivery
  published: Published
  /** The promise of a publish has rejected. */
  unpublished: Unpublished
  /**
   * A line for access logs, in addition to those of requests. `server` is the adapter on which it happened; if that
   * keeps a log file, it adds the line there.
   */
  accessed: { readonly server: object; readonly fields: Readonly<Record<string, unknown>> }
  lifecycle: LifecycleStep
}

declare const payload: unique symbol

/** The name of an event that an adapter adds to the bus, typed by what it carries. */
export type BusEvent<Payload> = string & { readonly [payload]?: Payload }

type PayloadOf<Key> = Key extends keyof BusEvents
  ? BusEvents[Key]
  : Key extends BusEvent<infer Payload>
    ? Payload
    : never

/** Puts an envelope onto the bus, for the actor of its address. `settle` is called once with how it ended. */
export type Deliver = <Reply>(envelope: Envelope, settle: Settle<Reply>) => CancellableDelivery

/** What the envelopes of an address go to. */
export interface Recipient {
  readonly address: string
  receive(envelope: Envelope, settle: Settle): CancellableDelivery
}

/**
 * The event bus of one kernel. Envelopes travel on it to their actors, by address. Observers listen to `received`,
 * `settled`, `published`, `lifecycle` or an adapter's own event.
 */
export class Bus {
  readonly #emitter = mitt<Record<string, unknown>>()
  readonly #recipients = new Map<string, Recipient>()
  #watchesDeliveries = false
  /** What stands around the work of handlers and around what is sent; undefined without tracing. */
  instrument: Instrument | undefined

  /**
   * Watches an event. If the listener throws or rejects, the error is logged and nothing else is affected. Returns a
   * function that stops it.
   */
  on<Key extends keyof BusEvents | BusEvent<unknown>>(
    key: Key,
    listener: (event: PayloadOf<Key>) => void | Promise<void>,
  ): () => void {
    const guarded = (event: unknown) =>
      observe(key, listener as (event: unknown) => void | Promise<void>, event)
    this.#emitter.on(key, guarded)
    this.#noteWatchers()
    return () => {
      this.#emitter.off(key, guarded)
      this.#noteWatchers()
    }
  }

  /** Tells those who watch. */
  emit<Key extends keyof BusEvents | BusEvent<unknown>>(key: Key, event: PayloadOf<Key>): void {
    // mitt copies its list at each emit; most events have nobody to tell.
    if (this.watched(key)) this.#emitter.emit(key, event)
  }

  /** Whether anybody watches an event, so that you need not make an expensive event for nobody. */
  watched(key: keyof BusEvents | BusEvent<unknown>): boolean {
    return (this.#emitter.all.get(key)?.length ?? 0) > 0
  }

  /** Whether anybody watches `received` or `settled`. Every delivery asks more than once, so it is not looked up. */
  get watchesDeliveries(): boolean {
    return this.#watchesDeliveries
  }

  #noteWatchers(): void {
    this.#watchesDeliveries = this.watched('received') || this.watched('settled')
  }

  /** Makes an actor reachable at its address. */
  route(recipient: Recipient): void {
    this.#recipients.set(recipient.address, recipient)
  }

  /** Delivers an envelope. Throws `NO_ACTOR` if no actor has its address. */
  deliver: Deliver = (envelope, settle) => {
    const { address } = envelope
    const recipient = this.#recipients.get(address)
    if (!recipient) throw new TomodachiError('NO_ACTOR', { address })
    return recipient.receive(envelope, settle as Settle)
  }
}

function observe(key: string, listener: (event: unknown) => void | Promise<void>, event: unknown): void {
  try {
    const watching = listener(event)
    if (isPromise(watching as void | Promise<void>)) spawn(`the listener of ${key}`, async () => watching)
  } catch (error) {
    getLogger('tomodachi.bus').error(`the listener of ${key} failed`, { error })
  }
}
