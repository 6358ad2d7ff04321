import type { Envelope } from '../../envelopes/index.ts'
import type { MaybePromise } from '../promise.ts'
import type { SourceAddress } from './actor.ts'
import type { Adapter } from './adapter.ts'
import type { AnyMiddleware, Unvalidated } from './middleware.ts'
import type { FailureRule } from './settlement.ts'

declare const types: unique symbol
declare const arriving: unique symbol
declare const ordering: unique symbol
declare const hint: unique symbol

/** Values that can be set. */
export type Mutable<Values extends object> = { -readonly [Name in keyof Values]: Values[Name] }

/** How a source validates what arrived, after middleware has let it pass. */
export interface Validation<Given> {
  /** Names of the values that `validate` returns; middleware cannot add values with these names. */
  readonly names: readonly string[]
  /**
   * Returns values that the handler is given in addition to what arrived, or instead of it. If it rejects, `next`
   * rejects. It is called again when a middleware tries the rest again, so it must not change `given`.
   */
  validate(given: Given): MaybePromise<object>
}

/**
 * An address on one adapter instance, typed by what arrives there (`Given`) and what a handler may reply (`Reply`).
 * Adapters make sources; `service.on(source, handler)` turns one into an actor.
 */
export interface Source<Given extends object = object, Reply = unknown> extends SourceAddress {
  readonly adapter: Adapter
  /** Middleware of the transport, outermost first. */
  readonly use: readonly AnyMiddleware[]
  /** Whether its handlers run without any middleware, that of the service included: for probes. Default false. */
  readonly skipsMiddleware?: boolean
  /**
   * Whether deliveries run in the async context (`AsyncLocalStorage`) in which they are received, such as that of a
   * request. Default false: they run in a context of their own, whatever the context of the publisher or the timer.
   */
  readonly keepsAsyncContext?: boolean
  /** How many deliveries run at once unless `on` says otherwise. Default: no limit. */
  readonly concurrency?: number
  /** Returns a key. Deliveries with the same key run one after the other, unless `on` says otherwise. */
  orderBy?(given: Given): unknown
  /**
   * Reads and checks what arrived before middleware and handler run, and completes `given` in place. A rejection is
   * the failure of the delivery.
   */
  prepare?(given: Given): MaybePromise<void>
  /**
   * Copies the values of `given` into the context of a handler, each by its name: four times as fast as copying whatever
   * is there. Handlers do not get what it leaves out. Default: every value is copied.
   */
  fill?(context: Mutable<Given>, given: Given): void
  /** What is validated only after middleware: right before the handler, or at the middleware `validated`. */
  readonly validation?: Validation<Given>
  /**
   * Wraps the handler, innermost. It is for a transport on which a handler returns functions that handle the rest.
   * Default: the handler itself.
   */
  runs?(handler: (context: never) => unknown): (context: never) => unknown
  /**
   * What identifies a piece of work, for the log: `{ messageId, attempt }`. Read when a record is written. Default:
   * nothing.
   */
  identify?(envelope: Envelope): Readonly<Record<string, unknown>>
  /** Decides what happens to a delivery that failed. Default: it is dropped, with its error. */
  readonly failed?: FailureRule
  /** Never present: carries the types. */
  readonly [types]?: { readonly given: Given; readonly reply: Reply }
}

/** For a source that has a `validation`: the type of what its middleware is given before that. */
export interface Arriving<out Before extends object> {
  /** Never present: carries the type. */
  readonly [arriving]?: Before
}

/** For a source that checks what arrived before middleware runs: what `orderBy` is given before that, typed. */
export interface Ordering<out Before extends object> {
  /** Never present: carries the type. */
  readonly [ordering]?: Before
}

/** A source that brings its own handler: `service.on(source)` is enough. */
export interface HandledSource<Given extends object = object, Reply = unknown> extends Source<Given, Reply> {
  handle(given: Given): MaybePromise<Reply>
}

/**
 * For a reply that is an object of parts. An object with other keys does not compile, and `Hint` ends the compiler's
 * message: `to send JSON, write { body: … }`.
 */
export interface ReplyParts<out Hint extends string> {
  /** Never present: carries the type. */
  readonly [hint]?: Hint
}

/** What a source gives to its handlers, in addition to the common values. */
export type GivenOf<S extends Source> = S extends { readonly [types]?: { readonly given: infer Given } }
  ? Given
  : never

/** What a source gives to its middleware, until `validated`. */
export type ArrivingOf<S extends Source> = S extends { readonly [arriving]?: infer Before }
  ? unknown extends Before
    ? GivenOf<S>
    : Before & Unvalidated<GivenOf<S>>
  : GivenOf<S>

/** What a source gives to `orderBy`. */
export type OrderedOf<S extends Source> = S extends { readonly [ordering]?: infer Before }
  ? unknown extends Before
    ? ArrivingOf<S>
    : Before
  : ArrivingOf<S>

/** What a source's handlers may return. */
export type ReplyOf<S extends Source> = S extends { readonly [types]?: { readonly reply: infer Reply } }
  ? Reply
  : never
