import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { BatchObservableResult, ObservableGauge } from '@opentelemetry/api'
import { metric } from '../conventions/semantic-conventions.ts'
import type { Instruments } from './instruments.ts'

type Delays = ReturnType<typeof monitorEventLoopDelay>

/** Milliseconds between two looks at the event loop. */
const resolution = 20

/** The event loop of the process, from one reading of the metrics to the next. */
export class EventLoop {
  readonly gauges: readonly ObservableGauge[]
  readonly #delays: readonly (readonly [ObservableGauge, (delays: Delays) => number])[]
  readonly #utilization: ObservableGauge
  readonly #histogram = monitorEventLoopDelay({ resolution })
  #last = performance.eventLoopUtilization()

  /** It looks from now on, until it is closed. */
  constructor(instruments: Instruments) {
    this.#delays = [
      [instruments.gauge(metric.NODEJS_EVENTLOOP_DELAY_P50), (delays) => delays.percentile(50)],
      [instruments.gauge(metric.NODEJS_EVENTLOOP_DELAY_P90), (delays) => delays.percentile(90)],
      [instruments.gauge(metric.NODEJS_EVENTLOOP_DELAY_P99), (delays) => delays.percentile(99)],
      [instruments.gauge(metric.NODEJS_EVENTLOOP_DELAY_MAX), (delays) => delays.max],
    ]
    this.#utilization = instruments.gauge(metric.NODEJS_EVENTLOOP_UTILIZATION)
    this.gauges = [...this.#delays.map(([gauge]) => gauge), this.#utilization]
    this.#histogram.enable()
  }

  observe(result: BatchObservableResult): void {
    const histogram = this.#histogram
    if (histogram.count > 0) {
      // node counts the time between two looks as a delay, too.
      for (const [gauge, read] of this.#delays)
        result.observe(gauge, Math.max(0, read(histogram) / 1e6 - resolution) / 1_000)
      histogram.reset()
    }
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#last)
    this.#last = now
    result.observe(this.#utilization, utilization)
  }

  close(): void {
    this.#histogram.disable()
  }
}
