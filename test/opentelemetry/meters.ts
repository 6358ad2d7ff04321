import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  AggregationType,
  type DataPoint,
  DataPointType,
  type Histogram,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics'

class Reader extends MetricReader {
  constructor() {
    super({
      aggregationSelector: () => ({ type: AggregationType.DEFAULT }),
      aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
    })
  }
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

let reader = new Reader()

/** Registers an SDK whose metrics the test reads; it takes the place of the one before. */
export function keepMetrics(): void {
  reader = new Reader()
  metrics.disable()
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
}

/** One metric as it is read. */
export interface Read {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly instrument: string
  readonly points: readonly DataPoint<unknown>[]
}

/** All metrics that tomodachi has measured. */
export async function readAll(): Promise<readonly Read[]> {
  const { resourceMetrics, errors } = await reader.collect()
  if (errors.length > 0) throw errors[0]
  return resourceMetrics.scopeMetrics
    .filter(({ scope }) => scope.name === 'tomodachi')
    .flatMap(({ metrics }) =>
      metrics.map((metric) => {
        const points = metric.dataPoints as readonly DataPoint<unknown>[]
        return { ...metric.descriptor, instrument: instrumentOf(metric), points }
      }),
    )
}

function instrumentOf(metric: MetricData): string {
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'Counter' : 'UpDownCounter'
  return metric.dataPointType === DataPointType.GAUGE ? 'Gauge' : 'Histogram'
}

/** The values of one metric with the attributes of each; a histogram's value is its count. */
export async function valuesOf(name: string): Promise<(readonly [number, Record<string, unknown>])[]> {
  const points = (await readAll()).find((metric) => metric.name === name)?.points ?? []
  return points.map(({ value, attributes }) => {
    return [typeof value === 'number' ? value : (value as Histogram).count, { ...attributes }] as const
  })
}

/** The sum of what a histogram has recorded. */
export async function sumOf(name: string): Promise<number> {
  const points = (await readAll()).find((metric) => metric.name === name)?.points ?? []
  return points.reduce((sum, { value }) => sum + ((value as Histogram).sum ?? 0), 0)
}

/** The only number of a metric; undefined while it has none. */
export async function numberOf(name: string): Promise<number | undefined> {
  return (await valuesOf(name))[0]?.[0]
}
