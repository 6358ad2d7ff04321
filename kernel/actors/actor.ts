import { contextOfCaller, once, outside } from '../async-context.ts'
import { getLogger, type Logger } from '../log/index.ts'
import { follow, isPromise, type MaybePromise } from '../promise.ts'
import { reasonOf } from '../thrown.ts'
import type { Bus } from './bus.ts'
import { compose } from './chain.ts'
import { Context, runInContext } from './context.ts'
import type { Delivery } from './delivery.ts'
import { Mailbox, type Place } from './mailbox.ts'
import { keyOf, type Registration } from './registration.ts'
import type { Service } from './service.ts'
import type { FailureRule, Settlement } from './settlement.ts'
import type { Source } from './source.ts'
import { Unfinished } from './unfinished.ts'

const droppedOnFailure: FailureRule = (error) => ({ state: 'dropped', reason: reasonOf(error), error })
/** In the place of a rule that fails. */
const standardRule: FailureRule = (error) => {
  return { state: 'released', failed: true, after: 1_000, reason: reasonOf(error), error }
}

/**
 * A handler with its middleware and its mailbox. Phases run in a fixed order: observers are told, the payload is
 * prepared and failures are ruled upon, then the user's middleware, then what the source validates late, then the
 * handler.
 */
export class Actor<S extends Source = Source> {
  readonly source: S
  readonly service: Service
  /** Name of the handler. */
  readonly name: string
  /** Address that is unique within the kernel; envelopes for this actor carry it. */
  readonly address: string
  /** Deliveries that may run at once; Infinity when there is no limit. */
  readonly concurrency: number
  /** Whether deliveries may have to wait for others of their key. */
  readonly ordered: boolean
  /** Deliveries received since the start. */
  total = 0
  /** Deliveries that are not finished: waiting, running, or being settled. */
  current = 0
  readonly #bus: Bus
  readonly #chain: (context: Context) => unknown
  readonly #mailbox: Mailbox<Delivery> | undefined
  readonly #orderBy: ((given: never) => unknown) | undefined
  readonly #failed: FailureRule
  readonly #unfinished = new Unfinished()
  readonly #becameIdle: () => void
  #log: Logger | undefined

  constructor(
    registration: Registration,
    service: Service,
    address: string,
    bus: Bus,
    becameIdle: () => void,
  ) {
    const { source, handler, name, use } = registration
    this.source = source as S
    this.service = service
    this.name = name
    this.address = address
    this.concurrency = registration.concurrency ?? source.concurrency ?? Number.POSITIVE_INFINITY
    this.#orderBy = registration.orderBy ?? source.orderBy?.bind(source)
    this.ordered = this.#orderBy !== undefined
    this.#bus = bus
    this.#becameIdle = becameIdle
    this.#failed = source.failed ?? droppedOnFailure
    const innermost = source.runs?.(handler) ?? handler
    this.#chain = compose(
      [...service.use.list, ...source.use, ...use],
      innermost as (context: Context) => unknown,
      source.validation,
    )
    const bounded = this.ordered || this.concurrency !== Number.POSITIVE_INFINITY
    this.#mailbox = bounded ? new Mailbox(this.concurrency, (delivery) => this.#turn(delivery)) : undefined
  }

  get log(): Logger {
    this.#log ??= getLogger(`tomodachi.${this.source.transport}.handler`, {
      handler: this.name,
      transport: this.source.transport,
      service: this.service.name,
    })
    return this.#log
  }

  /** Takes a delivery in: to be run now, or when the mailbox says so. */
  receive(delivery: Delivery): void {
    if (this.source.keepsAsyncContext) this.#receive(delivery)
    else outside(this.#receive, this, delivery)
  }

  #receive(delivery: Delivery): void {
    this.total++
    this.current++
    this.#bus.emit('received', delivery)
    const { failure } = delivery.envelope
    if (failure) return this.#fail(delivery, failure)
    if (!this.#mailbox) return this.#run(delivery)
    this.#unfinished.add(delivery)
    try {
      delivery.orderKey = keyOf(this.#orderBy, delivery.envelope.given)
    } catch (error) {
      return this.#fail(delivery, error)
    }
    delivery.place = this.#mailbox.push(delivery, delivery.orderKey)
    if (delivery.place && this.source.keepsAsyncContext) delivery.asyncContext = contextOfCaller()
  }

  /** Gives every unfinished delivery back to its transport, and returns how many there were. */
  release(reason: string): number {
    let released = 0
    for (const delivery of this.#unfinished.toArray()) {
      if (delivery.settlement) continue
      delivery.cancel(reason)
      released++
    }
    return released
  }

  /** Settles a delivery, the first time; later calls change nothing. */
  settle(delivery: Delivery, settlement: Settlement): void {
    if (delivery.settlement) return
    if (delivery.place) this.#leave(delivery, delivery.place)
    let concluded: MaybePromise<void>
    try {
      concluded = delivery.conclude(settlement)
    } catch (error) {
      return this.#settleFailed(delivery, error)
    }
    if (!isPromise(concluded)) return this.#told(delivery)
    this.#unfinished.add(delivery)
    follow(
      concluded,
      () => this.#told(delivery),
      (error: unknown) => this.#settleFailed(delivery, error),
    )
  }

  /** Whoever has ended is not the one in whose async context the next may run. */
  #turn(delivery: Delivery): void {
    const { place, asyncContext } = delivery
    if (!place) return this.#run(delivery)
    delivery.place = undefined
    delivery.asyncContext = undefined
    if (asyncContext) once(asyncContext, this.#run, this, delivery)
    else outside(this.#run, this, delivery)
  }

  /** Nobody waits for it any more: it takes no room until its turn would have come. */
  #leave(delivery: Delivery, place: Place<Delivery>): void {
    delivery.place = undefined
    delivery.asyncContext?.emitDestroy()
    delivery.asyncContext = undefined
    this.#mailbox?.delete(place)
  }

  #run(delivery: Delivery): void {
    if (delivery.settlement) return this.#mailbox?.done(delivery.orderKey)
    delivery.started = true
    delivery.running = true
    let result: unknown
    try {
      const prepared = this.source.prepare?.(delivery.envelope.given)
      result = isPromise(prepared) ? follow(prepared, () => this.#handle(delivery)) : this.#handle(delivery)
    } catch (error) {
      this.#ended(delivery, error)
      return
    }
    if (!isPromise(result)) return this.#returned(delivery, result)
    this.#unfinished.add(delivery)
    follow(
      result,
      (outcome) => this.#passed(delivery, outcome),
      (error: unknown) => this.#stopped(delivery, error),
    )
  }

  /** Not a promise of the chain's own, which would cost every delivery as much as a middleware does. */
  #passed(delivery: Delivery, outcome: unknown): void {
    const { passage } = delivery
    if (!passage) return this.#returned(delivery, outcome)
    if (passage.isStraight(outcome)) return this.#returned(delivery, outcome.reply)
    passage.end(outcome).then(
      (reply) => this.#returned(delivery, reply),
      (error: unknown) => this.#ended(delivery, error),
    )
  }

  #stopped(delivery: Delivery, error: unknown): void {
    if (!delivery.passage) return this.#ended(delivery, error)
    delivery.passage.endFailed().then(() => this.#ended(delivery, error))
  }

  #handle(delivery: Delivery): unknown {
    delivery.handled = true
    return runInContext(this.#chain, new Context(delivery), !this.source.keepsAsyncContext)
  }

  #returned(delivery: Delivery, reply: unknown): void {
    delivery.running = false
    if (delivery.settlement) this.#finish(delivery)
    else this.settle(delivery, { state: 'acked', reply })
    this.#mailbox?.done(delivery.orderKey)
  }

  #ended(delivery: Delivery, error: unknown): void {
    delivery.running = false
    if (delivery.settlement) this.#finish(delivery)
    else this.#fail(delivery, error)
    this.#mailbox?.done(delivery.orderKey)
  }

  #fail(delivery: Delivery, error: unknown): void {
    const { attempt } = delivery.envelope
    let settlement: Settlement
    try {
      settlement = this.#failed(error, attempt, delivery.handled)
    } catch (failure) {
      this.log.error('the rule for failures failed itself, the standard one takes its place', {
        error: failure,
      })
      settlement = standardRule(error, attempt, delivery.handled)
    }
    this.settle(delivery, settlement)
  }

  #settleFailed(delivery: Delivery, error: unknown): void {
    this.log.error('the settlement could not be carried out', {
      settlement: delivery.settlement?.state,
      error,
    })
    this.#told(delivery)
  }

  #told(delivery: Delivery): void {
    delivery.told = true
    this.#bus.emit('settled', delivery)
    this.#finish(delivery)
  }

  /** A delivery is finished when its transport has been told, and its handler has come to its end. */
  #finish(delivery: Delivery): void {
    if (delivery.running || !delivery.told) return
    this.#unfinished.delete(delivery)
    this.current--
    if (this.current === 0) this.#becameIdle()
  }
}
