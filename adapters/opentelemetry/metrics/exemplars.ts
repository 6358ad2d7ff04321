import type { Attributes, Span } from '@opentelemetry/api'
import { api } from '../conventions/api.ts'

/** A measurement that shows what a bucket holds: one with a trace. */
export interface Exemplar {
  readonly traceId: string
  readonly spanId: string
  /** In seconds, as the histogram. */
  readonly value: number
  /** Seconds since the epoch. */
  readonly time: number
}

/** The latest exemplar of each bucket of each series: the SDK keeps none. */
export class Exemplars {
  /** By metric and attributes. */
  readonly #series = new Map<string, (Exemplar | undefined)[]>()

  /** Keeps the measurement if it belongs to a span that is sampled. */
  note(
    metric: string,
    boundaries: readonly number[],
    value: number,
    attributes: Attributes,
    span: Span | undefined,
  ): void {
    const spanContext = span?.spanContext()
    if (!spanContext || !api.isSpanContextValid(spanContext)) return
    if ((spanContext.traceFlags & api.TraceFlags.SAMPLED) === 0) return
    const key = keyOf(metric, attributes)
    const buckets = this.#series.get(key) ?? []
    // The SDK has a limit of as many series, too.
    if (buckets.length === 0 && this.#series.size >= mostSeries) return
    const { traceId, spanId } = spanContext
    const place = boundaries.findIndex((bound) => value <= bound)
    buckets[place < 0 ? boundaries.length : place] = { traceId, spanId, value, time: Date.now() / 1_000 }
    this.#series.set(key, buckets)
  }

  /** Those of a series, by the place of their bucket. */
  of(metric: string, attributes: Attributes): readonly (Exemplar | undefined)[] {
    return this.#series.get(keyOf(metric, attributes)) ?? []
  }
}

const mostSeries = 2_000

function keyOf(metric: string, attributes: Attributes): string {
  return JSON.stringify([metric, Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1))])
}
