import { AsyncLocalStorage, type AsyncResource } from 'node:async_hooks'
import type { Envelope } from '../../../envelopes/index.ts'
import { follow, isPromise, type MaybePromise } from '../../promise.ts'
import type { Actor } from '../actor.ts'
import type { CancellableDelivery, Settle } from '../delivery.ts'
import type { Instrument } from '../instrument.ts'
import type { Service } from '../service.ts'
import type { Settlement } from '../settlement.ts'
import type { Source } from '../source.ts'
import type { Place } from './mailbox.ts'
import type { Passage } from './passage.ts'
import { traceOf } from './trace.ts'

/** The actor of a task, which is told how it fares. */
export interface TaskOwner extends Actor<Source> {
  readonly service: Service
  readonly instrument: Instrument | undefined
  /** The task has been settled while it waited at this place. */
  left(place: Place<Task>): void
  /** The task's transport takes a while to be notified of the settlement. */
  notifying(task: Task): void
  /** The task's transport has been notified of the settlement, as well as it could. */
  notified(task: Task): void
}

/** A delivery as its actor works on it: it is settled once, and remembers how far it has come. */
export class Task implements CancellableDelivery {
  readonly envelope: Envelope
  readonly actor: TaskOwner
  receivedAt = 0
  startedAt = 0
  started = false
  /** True while middleware and handler run, even when the delivery has been cancelled meanwhile. */
  running = false
  /** True from the moment at which the payload has been prepared, and middleware and handler are entered. */
  handled = false
  /** True once the transport has been notified of the settlement. */
  notified = false
  /** Deliveries of the same key run one after the other; undefined when there is no order. */
  orderKey: unknown
  /** Where it waits, while it does. */
  place: Place<Task> | undefined
  /** The async context in which it was received, while it waits, where it runs in that. */
  asyncContext: AsyncResource | undefined
  /** Its way through the middleware; undefined where there is none, and until that is entered. */
  passage: Passage | undefined
  settlement: Settlement | undefined
  /** For `Unfinished` alone. */
  listed = false
  preceding: Task | undefined
  following: Task | undefined
  readonly #settle: Settle
  #abort: AbortController | undefined
  /** Runs what listens for the abort in the context of whoever first asked for the signal. */
  #listening: ((abort: () => void) => void) | undefined
  #cancelled: DOMException | undefined

  constructor(envelope: Envelope, actor: TaskOwner, settle: Settle) {
    this.envelope = envelope
    this.actor = actor
    this.#settle = settle
  }

  /** Aborts when the delivery is cancelled or abandoned. Made when first read. */
  get signal(): AbortSignal {
    if (this.#abort) return this.#abort.signal
    this.#abort = new AbortController()
    if (this.#cancelled !== undefined) this.#abort.abort(this.#cancelled)
    else this.#listening = AsyncLocalStorage.snapshot()
    return this.#abort.signal
  }

  get logFields(): Readonly<Record<string, unknown>> {
    const { actor, envelope } = this
    // What is logged about a delivery must not decide what becomes of it.
    try {
      const trace = actor.instrument?.fields(this) ?? traceOf(envelope.headers)
      return { ...actor.source.identify?.(envelope), ...trace }
    } catch {
      return traceOf(envelope.headers)
    }
  }

  cancel(reason: string): void {
    if (this.settlement) return
    this.#cancelled ??= new DOMException(reason, 'AbortError')
    this.settle({ state: 'released', failed: false, after: 0, reason })
    this.#aborted()
  }

  abandon(reason: string): void {
    if (!this.started) return this.cancel(reason)
    if (this.settlement) return
    this.#cancelled ??= new DOMException(reason, 'AbortError')
    this.#aborted()
  }

  /** Settles the delivery, the first time, and notifies its transport; later calls change nothing. */
  settle(settlement: Settlement): void {
    if (this.settlement) return
    this.settlement = settlement
    if (this.place) this.#leave(this.place)
    let notified: MaybePromise<void>
    try {
      notified = this.#settle(settlement, this)
    } catch (error) {
      return this.#notifyFailed(error)
    }
    if (!isPromise(notified)) return this.actor.notified(this)
    this.actor.notifying(this)
    follow(
      notified,
      () => this.actor.notified(this),
      (error: unknown) => this.#notifyFailed(error),
    )
  }

  /** Nobody waits for it any more: it takes no room until its turn would have come. */
  #leave(place: Place<Task>): void {
    this.place = undefined
    this.asyncContext?.emitDestroy()
    this.asyncContext = undefined
    this.actor.left(place)
  }

  #notifyFailed(error: unknown): void {
    const { state } = this.settlement as Settlement
    this.actor.log.error('the settlement could not be carried out', { settlement: state, error })
    this.actor.notified(this)
  }

  #aborted(): void {
    this.#listening?.(() => this.#abort?.abort(this.#cancelled))
  }
}
