import type { Envelope } from '../../../envelopes/index.ts'
import { contextOfCaller, once, outside } from '../../async-context.ts'
import { getLogger, type Logger } from '../../log/index.ts'
import { follow, isPromise } from '../../promise.ts'
import { reasonOf } from '../../thrown.ts'
import type { Load } from '../actor.ts'
import type { Bus, Recipient } from '../bus.ts'
import type { CancellableDelivery, Settle } from '../delivery.ts'
import type { Instrument } from '../instrument.ts'
import { middlewareList, type Usable } from '../middleware.ts'
import { keyOf, type Registration } from '../registration.ts'
import type { Service } from '../service.ts'
import type { FailureRule, Settlement } from '../settlement.ts'
import type { Source } from '../source.ts'
import { compose } from './chain.ts'
import { Context, runInContext } from './context.ts'
import { Mailbox, type Place } from './mailbox.ts'
import { Task, type TaskOwner } from './task.ts'
import { Unfinished } from './unfinished.ts'

const droppedOnFailure: FailureRule = (error) => ({ state: 'dropped', reason: reasonOf(error), error })
/** In the place of a rule that fails. */
const standardRule: FailureRule = (error) => {
  return { state: 'released', failed: true, after: 1_000, reason: reasonOf(error), error }
}

/** Whoever waits for actors to have no work. */
interface Waiting {
  becameIdle(): void
}

/**
 * A handler with its middleware and its mailbox. Phases run in a fixed order: observers are told, the payload is
 * prepared and failures are ruled upon, then the user's middleware, then what the source validates late, then the
 * handler.
 */
export class HandlerActor implements TaskOwner, Recipient {
  readonly source: Source
  readonly service: Service
  readonly name: string
  readonly address: string
  readonly concurrency: number
  readonly ordered: boolean
  readonly instrument: Instrument | undefined
  /** Deliveries received since the start. */
  total = 0
  /** Deliveries that are not finished: waiting, running, or being settled. */
  current = 0
  readonly #bus: Bus
  readonly #chain: (context: Context) => unknown
  readonly #mailbox: Mailbox<Task> | undefined
  readonly #orderBy: ((given: never) => unknown) | undefined
  readonly #failed: FailureRule
  readonly #unfinished = new Unfinished()
  readonly #waiting: Waiting
  #log: Logger | undefined

  constructor(registration: Registration, service: Service, address: string, bus: Bus, waiting: Waiting) {
    const { source, handler, name, use } = registration
    this.source = source
    this.service = service
    this.name = name
    this.address = address
    this.concurrency = registration.concurrency ?? source.concurrency ?? Number.POSITIVE_INFINITY
    this.#orderBy = registration.orderBy ?? source.orderBy?.bind(source)
    this.ordered = this.#orderBy !== undefined
    this.#bus = bus
    this.#waiting = waiting
    this.#failed = source.failed ?? droppedOnFailure
    const innermost = source.runs?.(handler) ?? handler
    const middleware = [...middlewareList(service.use as Usable), ...source.use, ...use]
    const chain = compose(
      source.skipsMiddleware ? [] : middleware,
      innermost as (context: Context) => unknown,
      source.validation,
    )
    const { instrument } = bus
    this.#chain = instrument
      ? (context) => instrument.enter(Context.taskOf(context), () => chain(context))
      : chain
    this.instrument = instrument
    const bounded = this.ordered || this.concurrency !== Number.POSITIVE_INFINITY
    this.#mailbox = bounded ? new Mailbox(this.concurrency, (task) => this.#turn(task)) : undefined
  }

  get log(): Logger {
    this.#log ??= getLogger(`tomodachi.${this.source.transport}.handler`, {
      handler: this.name,
      transport: this.source.transport,
      service: this.service.name,
    })
    return this.#log
  }

  receive(envelope: Envelope, settle: Settle): CancellableDelivery {
    const task = new Task(envelope, this, settle)
    // A look at the clock costs as much as the routing: only for those who watch.
    if (this.#bus.watchesDeliveries) task.receivedAt = performance.now()
    if (this.source.keepsAsyncContext) this.#receive(task)
    else outside(this.#receive, this, task)
    return task
  }

  /** Has a task run now, or when the mailbox says so. */
  #receive(task: Task): void {
    this.total++
    this.current++
    if (this.#bus.watchesDeliveries) this.#bus.emit('received', task)
    const { failure } = task.envelope
    if (failure) return this.#fail(task, failure)
    if (!this.#mailbox) return this.#run(task)
    this.#unfinished.add(task)
    try {
      task.orderKey = keyOf(this.#orderBy, task.envelope.given)
    } catch (error) {
      return this.#fail(task, error)
    }
    task.place = this.#mailbox.push(task, task.orderKey)
    if (task.place && this.source.keepsAsyncContext) task.asyncContext = contextOfCaller()
  }

  get load(): Load {
    const tasks = this.#unfinished.toArray()
    return {
      waiting: tasks.filter(({ started, settlement }) => !started && !settlement).length,
      running: tasks.filter(({ running }) => running).length,
    }
  }

  /** Gives every unfinished task back to its transport, and returns how many there were. */
  release(reason: string): number {
    let released = 0
    for (const task of this.#unfinished.toArray()) {
      if (task.settlement) continue
      task.cancel(reason)
      released++
    }
    return released
  }

  left(place: Place<Task>): void {
    this.#mailbox?.delete(place)
  }

  notifying(task: Task): void {
    this.#unfinished.add(task)
  }

  notified(task: Task): void {
    task.notified = true
    if (this.#bus.watchesDeliveries) this.#bus.emit('settled', task)
    this.#finish(task)
  }

  /** Whoever has ended is not the one in whose async context the next may run. */
  #turn(task: Task): void {
    const { place, asyncContext } = task
    if (!place) return this.#run(task)
    task.place = undefined
    task.asyncContext = undefined
    if (asyncContext) once(asyncContext, this.#run, this, task)
    else outside(this.#run, this, task)
  }

  #run(task: Task): void {
    if (task.settlement) return this.#mailbox?.done(task.orderKey)
    if (this.#bus.watchesDeliveries) task.startedAt = performance.now()
    task.started = true
    task.running = true
    let result: unknown
    try {
      const prepared = this.source.prepare?.(task.envelope.given)
      result = isPromise(prepared) ? follow(prepared, () => this.#handle(task)) : this.#handle(task)
    } catch (error) {
      this.#ended(task, error)
      return
    }
    if (!isPromise(result)) return this.#returned(task, result)
    this.#unfinished.add(task)
    follow(
      result,
      (outcome) => this.#passed(task, outcome),
      (error: unknown) => this.#stopped(task, error),
    )
  }

  /** Not a promise of the chain's own, which would cost every delivery as much as a middleware does. */
  #passed(task: Task, outcome: unknown): void {
    const { passage } = task
    if (!passage) return this.#returned(task, outcome)
    if (passage.isStraight(outcome)) return this.#returned(task, outcome.reply)
    passage.end(outcome).then(
      (reply) => this.#returned(task, reply),
      (error: unknown) => this.#ended(task, error),
    )
  }

  #stopped(task: Task, error: unknown): void {
    if (!task.passage) return this.#ended(task, error)
    task.passage.endFailed().then(() => this.#ended(task, error))
  }

  #handle(task: Task): unknown {
    task.handled = true
    return runInContext(this.#chain, new Context(task), !this.source.keepsAsyncContext)
  }

  #returned(task: Task, reply: unknown): void {
    task.running = false
    if (task.settlement) this.#late(task)
    else task.settle({ state: 'acked', reply })
    this.#mailbox?.done(task.orderKey)
  }

  #ended(task: Task, error: unknown): void {
    task.running = false
    if (task.settlement) this.#late(task)
    else this.#fail(task, error)
    this.#mailbox?.done(task.orderKey)
  }

  /** The delivery was taken away from the handler that has ended. */
  #late(task: Task): void {
    this.#bus.emit('late', task)
    this.#finish(task)
  }

  #fail(task: Task, error: unknown): void {
    const { attempt } = task.envelope
    let settlement: Settlement
    try {
      settlement = this.#failed(error, attempt, task.handled)
    } catch (failure) {
      this.log.error('the rule for failures failed itself, the standard one takes its place', {
        error: failure,
      })
      settlement = standardRule(error, attempt, task.handled)
    }
    task.settle(settlement)
  }

  /** A task is finished when its transport has been told, and its handler has come to its end. */
  #finish(task: Task): void {
    if (task.running || !task.notified) return
    this.#unfinished.delete(task)
    this.current--
    if (this.current === 0) this.#waiting.becameIdle()
  }
}
