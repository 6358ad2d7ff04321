import type { Adapter } from './adapter.ts'
import type { FailureRule } from './delivery-rules.ts'
import type { AnyMiddleware } from './middleware.ts'
import type { MaybePromise } from './settlement.ts'

declare const types: unique symbol

/**
 * An address on one adapter instance, typed by what arrives there (`Given`) and what may be replied (`Reply`).
 * Adapters make sources; `service.on(source, handler)` turns one into an actor.
 */
export interface Source<Given extends object = object, Reply = unknown> {
  readonly adapter: Adapter
  /** Kind of transport, for logs and metrics: `http`, `memory`. */
  readonly transport: string
  /** Address within the adapter, for people: `GET /orders/:id`. */
  readonly address: string
  /** Middleware of the transport, outermost first. */
  readonly use: readonly AnyMiddleware[]
  /** Deliveries that run at once unless `on` says otherwise. Default: no limit. */
  readonly concurrency?: number
  /** Deliveries with the same key run one after the other, unless `on` says otherwise. */
  orderBy?(given: Given): unknown
  /**
   * Reads and checks what arrived before middleware and handler run, and completes `given` in place. A rejection is
   * the failure of the delivery.
   */
  prepare?(given: Given): MaybePromise<void>
  /**
   * What runs in the handler's place, innermost: for a transport on which a handler returns what handles the rest.
   * Default: the handler.
   */
  runs?(handler: (context: never) => unknown): (context: never) => unknown
  /** What becomes of a delivery that failed. Default: dropped, with its error. */
  readonly failed?: FailureRule
  /** Never present: carries the types. */
  readonly [types]?: { readonly given: Given; readonly reply: Reply }
}

/** A source that brings a handler along, for whoever needs no other: `service.on(source)` is enough then. */
export interface HandledSource<Given extends object = object, Reply = unknown> extends Source<Given, Reply> {
  handle(given: Given): MaybePromise<Reply>
}

/** What a source gives to its handlers, beside the common values. */
export type GivenOf<S extends Source> = S extends { readonly [types]?: { readonly given: infer Given } }
  ? Given
  : never

/** What a source's handlers may return. */
export type ReplyOf<S extends Source> = S extends { readonly [types]?: { readonly reply: infer Reply } }
  ? Reply
  : never
