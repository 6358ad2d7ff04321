import type { MaybePromise } from '../promise.ts'
import type { Delivery } from './delivery.ts'

/** Something on its way out: a message that is published, or a call. */
export interface Departure {
  /** Kind of transport, in a word, as that of sources. */
  readonly transport: string
  /** What is done, in a word: `publish`, or the method of a call. */
  readonly operation: string
  /** Where it goes: a topic, or the URL of a call without its query. */
  readonly target: string
  /** What else its transport says about it. More may be added until it has been sent. */
  readonly facts: Readonly<Record<string, unknown>>
}

/**
 * Stands around the work of handlers and around what is sent, for tracing. An adapter may bring one. What `enter`,
 * `leave` or `inject` throws counts as thrown by the work; the fields of one whose `fields` throws are left out.
 */
export interface Instrument {
  /** Of the instruments of a kernel with the same name only the first is used. Default: it has none. */
  readonly name?: string
  /**
   * Called in place of middleware and handler, in the async context of the delivery. Calls `run` once before it
   * returns, and returns or throws what `run` does. It is not called for a delivery that fails before its handler could
   * be reached; observers of `settled` are told of that one too.
   */
  enter(delivery: Delivery, run: () => unknown): unknown
  /** Called in place of sending. Calls `send` once before it returns, and returns or throws what `send` does. */
  leave<Result>(departure: Departure, send: () => MaybePromise<Result>): MaybePromise<Result>
  /**
   * Adds the trace headers of the running code to what is sent, with names in lower case. If it adds none, those of what is
   * being handled are sent. Not called if the caller has given a `traceparent`.
   */
  inject(headers: Record<string, unknown>): void
  /**
   * Fields for a log record about a delivery, written by the running code or about its settlement. Undefined leaves it at
   * the trace that has come in.
   */
  fields(delivery: Delivery): Readonly<Record<string, unknown>> | undefined
}

/** One instrument in place of several, the first of them outermost; undefined for none. */
export function combined(instruments: readonly Instrument[]): Instrument | undefined {
  const used = instruments.filter(
    ({ name }, place) =>
      name === undefined || instruments.findIndex((other) => other.name === name) === place,
  )
  return used.reduceRight<Instrument | undefined>(
    (inner, outer) => (inner ? around(outer, inner) : outer),
    undefined,
  )
}

function around(outer: Instrument, inner: Instrument): Instrument {
  return {
    enter: (delivery, run) => outer.enter(delivery, () => inner.enter(delivery, run)),
    leave: (departure, send) => outer.leave(departure, () => inner.leave(departure, send)),
    inject(headers) {
      outer.inject(headers)
      inner.inject(headers)
    },
    fields(delivery) {
      const [ofOuter, ofInner] = [outer.fields(delivery), inner.fields(delivery)]
      return ofOuter && ofInner ? { ...ofOuter, ...ofInner } : (ofOuter ?? ofInner)
    },
  }
}
