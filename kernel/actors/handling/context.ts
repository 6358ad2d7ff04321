import { AsyncLocalStorage } from 'node:async_hooks'
import type { Envelope } from '../../../envelopes/index.ts'
import { contextOfCaller, contextsAreFrames, once, outside } from '../../async-context.ts'
import { TomodachiError } from '../../errors.ts'
import { findHandlerLogBy, type Logger } from '../../log/index.ts'
import type { HandlerContext } from '../handler-context.ts'
import type { Service } from '../service.ts'
import type { Task } from './task.ts'

/** The object that handlers are given: the transport's values as its own, the common ones made when read. */
export class Context implements HandlerContext {
  readonly #task: Task

  /** With what arrived or, to make a copy, with the values of another context. */
  constructor(task: Task, values?: Context) {
    this.#task = task
    const { envelope, actor } = task
    if (values) Object.assign(this, values)
    else if (actor.source.fill) actor.source.fill(this, envelope.given)
    else Object.assign(this, envelope.given)
  }

  get envelope(): Envelope {
    return this.#task.envelope
  }

  get address(): string {
    return this.#task.envelope.address
  }

  get service(): Service {
    return this.#task.actor.service
  }

  get signal(): AbortSignal {
    return this.#task.signal
  }

  get log(): Logger {
    return this.#task.actor.log
  }

  /** The task that is done with this context. */
  static taskOf(context: Context): Task {
    return context.#task
  }

  /** Whether the handler that was given this context has not come to its end. */
  static isHandling(context: Context): boolean {
    return context.#task.running
  }

  /**
   * A copy with more in it. Throws `MIDDLEWARE_OVERRIDE` when the addition names something that the transport or the
   * kernel provides: what arrived cannot be forged on its way to the handler.
   */
  extended(addition: object): Context {
    const { envelope, actor } = this.#task
    for (const key in addition) {
      if (key in envelope.given || key in Context.prototype || actor.source.validation?.names.includes(key))
        throw new TomodachiError('MIDDLEWARE_OVERRIDE', { key })
    }
    return Object.assign(new Context(this.#task, this), addition)
  }

  /** A copy in which what has been validated stands beside what arrived, or in its place. */
  static withValid(context: Context, values: object): Context {
    return Object.assign(new Context(context.#task, context), values)
  }
}

/** A service stands for one of its hooks. */
const current = new AsyncLocalStorage<Context | Service>()

/** The context of the handler that the running code was called from; undefined outside of handlers. */
export function currentContext(): Context | undefined {
  const store = current.getStore()
  return store instanceof Context ? store : undefined
}

findHandlerLogBy(() => {
  const context = currentContext()
  return context && { log: context.log, work: Context.taskOf(context).logFields }
})

/** The service whose handler or hook the running code was called from; undefined outside of both. */
export function currentService(): Service | undefined {
  const store = current.getStore()
  return store instanceof Context ? store.service : store
}

/**
 * Runs a hook as one of its service, whatever it was called from, for all that it starts too. What the hook enters
 * (`enterWith`) stays within: the start goes on behind it, and every connection would keep it.
 */
export function runInService<Result>(service: Service, hook: () => Result): Result {
  return once(contextOfCaller(), () => current.run(service, hook))
}

/**
 * Runs a handler with its context as the current one, for all that it starts too, and for nothing else: what a handler
 * enters (`enterWith`) stays within. `isOutside` says that the caller is outside of every async context; where contexts are
 * frames nothing needs to be made then, and async_hooks sees nothing. Else entering within a resource of its own costs
 * half of what `AsyncLocalStorage.run` does, which makes a frame on the way in and another on the way out.
 */
export function runInContext(
  handler: (context: Context) => unknown,
  context: Context,
  isOutside: boolean,
): unknown {
  return isOutside && contextsAreFrames
    ? outside(enterHandler, undefined, handler, context)
    : once(contextOfCaller(), enterHandler, undefined, handler, context)
}

function enterHandler(handler: (context: Context) => unknown, context: Context): unknown {
  current.enterWith(context)
  return handler(context)
}
