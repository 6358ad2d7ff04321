import type {
  Attributes,
  Counter,
  Histogram,
  Meter,
  ObservableGauge,
  Span,
  UpDownCounter,
} from '@opentelemetry/api'
import type { Delivery } from '../../../kernel/index.ts'
import { api } from '../conventions/api.ts'
import { type Definition, definitions, type MetricName } from './definitions.ts'
import type { Exemplars } from './exemplars.ts'
import { Level, Tally } from './tally.ts'

/** Most series of one kind whose counts are kept here; further ones are counted at once. */
const mostTallies = 2_000

/** Records durations. */
export interface Recorder {
  /** `delivery` is what was measured, if that is one: an exemplar names its trace. */
  record(milliseconds: number, attributes: Attributes, delivery?: Delivery): void
}

/** Where exemplars are kept, and what they name. */
export interface KeptExemplars {
  readonly kept: Exemplars
  /** The span of a delivery. What belongs to none, or has none, is that of the active span. */
  readonly spanOf: ((delivery: Delivery) => Span | undefined) | undefined
}

/** The instruments of a kernel: those of its meter, with counts that are handed over when they are read. */
export class Instruments {
  readonly #meter: Meter
  readonly #exemplars: KeptExemplars | undefined
  readonly #tallies = new Set<Tally>()
  readonly #levels = new Set<{ report(): void; close(): void }>()
  #isClosed = false

  constructor(meter: Meter, exemplars: KeptExemplars | undefined) {
    this.#meter = meter
    this.#exemplars = exemplars
  }

  histogram(name: MetricName): Recorder {
    const { boundaries = [], unit, description }: Definition = definitions[name]
    const histogram: Histogram = this.#meter.createHistogram(name, {
      unit,
      description,
      advice: { explicitBucketBoundaries: [...boundaries] },
    })
    const exemplars = this.#exemplars
    return {
      record(milliseconds, attributes, delivery) {
        const seconds = milliseconds / 1_000
        histogram.record(seconds, attributes)
        if (!exemplars) return
        const span = (delivery && exemplars.spanOf?.(delivery)) ?? api.trace.getActiveSpan()
        exemplars.kept.note(name, boundaries, seconds, attributes, span)
      },
    }
  }

  /** Makes the counts of a counter; ask for one once, and keep it. */
  counter(name: MetricName): (attributes: Attributes) => Pick<Tally, 'add'> {
    const counter: Counter = this.#meter.createCounter(name, definitions[name])
    return (attributes) => {
      // What happens after the close is read by nobody who asks first.
      if (this.#isClosed || this.#tallies.size >= mostTallies)
        return { add: (count = 1) => counter.add(count, attributes) }
      const tally = new Tally(counter, attributes)
      this.#tallies.add(tally)
      return { add: (count) => this.#add(tally, count) }
    }
  }

  /** Reports levels whenever they are read. `read` gives each with its attributes, those that have gone down to 0 too. */
  levels(name: MetricName, read: () => Iterable<readonly [key: unknown, level: number, Attributes]>): void {
    const counter: UpDownCounter = this.#meter.createUpDownCounter(name, definitions[name])
    const known = new Map<unknown, Level>()
    const report = () => {
      for (const [key, level, attributes] of read()) {
        const before = known.get(key) ?? new Level(counter, attributes)
        known.set(key, before)
        before.report(level)
      }
    }
    const close = () => {
      for (const level of known.values()) level.report(0)
    }
    this.#levels.add({ report, close })
  }

  gauge(name: MetricName): ObservableGauge {
    return this.#meter.createObservableGauge(name, definitions[name])
  }

  /** Hands over what has been counted. */
  flush(): void {
    for (const tally of this.#tallies) tally.flush()
    for (const level of this.#levels) level.report()
  }

  /** Hands over what has been counted, and takes the levels back. What is counted later is handed over at once. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const tally of this.#tallies) tally.flush()
    for (const level of this.#levels) level.close()
  }

  #add(tally: Tally, count: number | undefined): void {
    tally.add(count)
    if (this.#isClosed) tally.flush()
  }
}
