import { randomUUID } from 'node:crypto'
import { TomodachiError } from '../errors.ts'
import { getLogger, type Logger } from '../log/index.ts'
import type { Duration } from '../options/duration.ts'
import { resolveOptions } from '../options/resolve-options.ts'
import type { MaybePromise } from '../promise.ts'
import type { RunningService } from './actor.ts'
import type { Adapter } from './adapter.ts'
import type { Handler, HandlerContext, Plain, Returned } from './handler-context.ts'
import type { HookContext, Hooks } from './hooks.ts'
import {
  type AddedByAll,
  type AddedByUse,
  type AnyMiddleware,
  type Chained,
  type Fits,
  type Middleware,
  type Middlewares,
  middlewareList,
  type Next,
  type Usable,
  type Written,
} from './middleware.ts'
import type { Registration } from './registration.ts'
import { actorShapes, checkSource, checkStopDelay, serviceShapes } from './service-checks.ts'
import type { ArrivingOf, GivenOf, HandledSource, OrderedOf, ReplyOf, Source } from './source.ts'

/** Marks services across copies of the package, so that a mix-up can be told from a file without a service. */
export const serviceBrand: unique symbol = Symbol.for('tomodachi.service') as never

/** Services that a kernel of this process runs. */
export const runningServices = new WeakSet<object>()

/** Middleware of a service that adds `Added`, or that is the list `Added`. */
type ServiceUse<Added> =
  | Middlewares<Added>
  | Middleware<HandlerContext, Added>
  | (Added extends readonly unknown[] ? readonly [...Added] & Chained<HandlerContext, Added> : never)

/** The same as an option; of what is not middleware `Added` is the function itself, and the compiler says what is wrong. */
type GivenUse<Added> = Added extends (context: never, next: Next) => unknown
  ? Fits<HandlerContext, Added>
  : Added extends readonly unknown[]
    ? readonly [...Added] & Chained<HandlerContext, Added>
    : ServiceUse<Added>

/** What the middleware of a service adds, where `Added` may be a list of it. */
export type AddedTo<Added> = Added extends readonly unknown[] ? AddedByAll<Added> : Added

/** Options of a service. Its hooks may stand here, or be methods of your own class. */
export interface ServiceOptions<Added = object> extends Hooks {
  /** Name of the service. Default `service`. */
  readonly name?: string
  /** Middleware that runs first, around every handler of the service: a single one, a list, or `use(a).use(b)`. */
  readonly use?: GivenUse<Added>
  /** Adapters that no handler uses as a source: for example a client, or a bus that you only publish to. */
  readonly adapters?: readonly Adapter[]
  /**
   * How long a stop waits for handlers at most; Infinity for no limit. Default `25s`; with several services, the longest
   * one counts.
   */
  readonly drainTimeout?: Duration
  /**
   * How long everything goes on after a stop was requested, while the service is not ready: for load balancers, which
   * need a moment to look away. It is a part of `drainTimeout`. Default 0; with several services, the longest one counts.
   */
  readonly stopDelay?: Duration
}

/** What a handler of this source, in a service whose middleware adds `Added`, is given. */
export type ContextOf<S extends Source, Added = object> = Plain<HandlerContext<Service> & GivenOf<S> & Added>

/** What the middleware of such a handler is given, until `validated`. */
export type UseContextOf<S extends Source, Added = object> = HandlerContext<Service> & ArrivingOf<S> & Added

/** How a handler is run. */
export interface ActorOptions<S extends Source> {
  /** Name of the handler in logs. Default: the function's own name, else the source's address. */
  readonly name?: string
  /** How many deliveries may run at the same time. Default: the source's own limit, if it has one. */
  readonly concurrency?: number
  /** Returns a key. Deliveries with the same key run one after the other, in order; different keys run in parallel. */
  readonly orderBy?: (given: OrderedOf<S>) => unknown
}

/**
 * A service: a name, handlers, middleware and four hooks. `Added` is what the service's middleware adds to every
 * context, or the list of that middleware.
 *
 *     new Service({ name: 'orders' }).on(api.get('/orders/:id'), ({ params }) => ({ body: find(params.id) }))
 */
export class Service<Added = object> implements Hooks, RunningService {
  readonly [serviceBrand] = true
  name: string
  /** Identity of this instance; message formats that name their sender carry it. */
  readonly uuid: string = randomUUID()
  /** Middleware for every handler of the service, outermost. */
  use: ServiceUse<Added> | readonly AnyMiddleware[]
  readonly adapters: readonly Adapter[]
  readonly drainTimeout: number
  /** How long everything goes on after a stop was requested, in milliseconds. */
  readonly stopDelay: number
  /** The handlers, in the order of their registration. */
  readonly registrations: Registration[] = []
  readonly #hooks: Hooks

  /** Throws `OPTION_INVALID` for an invalid option, such as a negative drain timeout or an undefined adapter. */
  constructor(options: ServiceOptions<Added> = {}) {
    const resolved = resolveOptions('Service', options, serviceShapes)
    const { name, use = [], adapters, drainTimeout, stopDelay, ...hooks } = resolved
    this.name = name
    this.use = use as ServiceUse<Added>
    this.adapters = adapters
    this.drainTimeout = drainTimeout
    this.stopDelay = stopDelay
    checkStopDelay(stopDelay, drainTimeout)
    this.#hooks = hooks as Hooks
  }

  /** Logger of the service. */
  get log(): Logger {
    return getLogger('tomodachi.service', { service: this.name })
  }

  /**
   * Registers a handler. Every kernel that runs the service makes an actor for it. The source, the service's middleware
   * and `use` give the types of the handler's context and reply, so you need no annotations. Throws `OPTION_INVALID`
   * for an invalid option and for a handler that is not a function, and `SERVICE_STARTED` while the service runs. A
   * source that brings its own handler needs none here, and neither does a list of them.
   */
  on(source: HandledSource | readonly HandledSource[]): this
  on<S extends Source, const R extends Returned<ReplyOf<S>>, const Use extends Written = readonly []>(
    source: S,
    handler: Handler<ContextOf<S, AddedTo<Added> & AddedByUse<Use>>, R, ReplyOf<S>>,
    options?: ActorOptions<S> & { readonly use?: Use & Fits<UseContextOf<S, AddedTo<Added>>, Use> },
  ): this
  on(
    source: Source | HandledSource | readonly HandledSource[],
    given?: unknown,
    options: ActorOptions<Source> & { readonly use?: Usable } = {},
  ): this {
    if (isList(source)) {
      // Each brings its own handler.
      if (given !== undefined) checkSource(source)
      for (const one of source) this.on(one)
      return this
    }
    const handler = handlerOf(source, given)
    const resolved = resolveOptions('on', options, actorShapes)
    const { name = handler.name || source.address, concurrency, orderBy, use = [] } = resolved
    if (runningServices.has(this))
      throw new TomodachiError('SERVICE_STARTED', { service: this.name, source: source.address })
    this.registrations.push({
      source,
      handler,
      name,
      concurrency,
      orderBy,
      use: middlewareList(use as Usable),
    })
    return this
  }

  onStart(context: HookContext): MaybePromise<void> {
    return this.#hooks.onStart?.(context)
  }

  onStarted(context: HookContext): MaybePromise<void> {
    return this.#hooks.onStarted?.(context)
  }

  onStopping(context: HookContext): MaybePromise<void> {
    return this.#hooks.onStopping?.(context)
  }

  onStop(context: HookContext): MaybePromise<void> {
    return this.#hooks.onStop?.(context)
  }
}

function isList(source: Source | readonly HandledSource[]): source is readonly HandledSource[] {
  return Array.isArray(source)
}

/** The handler, or that which the source brings along, whose name says nothing: the address stands in the log. */
function handlerOf(source: Source | HandledSource, handler: unknown): (context: never) => unknown {
  checkSource(source)
  if (handler === undefined && 'handle' in source) return (given) => source.handle(given)
  if (typeof handler === 'function') return handler as (context: never) => unknown
  throw new TomodachiError('OPTION_INVALID', {
    option: `on(${source.address}, handler)`,
    expected: 'a function',
    actual: handler,
  })
}
