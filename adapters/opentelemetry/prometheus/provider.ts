import type { MeterProvider } from '@opentelemetry/api'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { loadPackage } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'
import { api } from '../conventions/api.ts'
import { Exemplars } from '../metrics/exemplars.ts'

/** What measures for the endpoints of a process. */
export interface PrometheusProvider {
  readonly provider: MeterProvider
  readonly exemplars: Exemplars
  collect(): Promise<ResourceMetrics>
}

/** One for the process, whose metrics count on while its services are stopped and started again. */
let provider: PrometheusProvider | undefined

/**
 * The provider of the process. It becomes the global one where there is none, so that the meters of a program are read
 * too. Rejects with `PACKAGE_MISSING`.
 */
export async function prometheusProvider(adapter: string): Promise<PrometheusProvider> {
  const sdk = await loadMetrics(adapter)
  provider ??= made(sdk)
  // The meter that measures nothing is there only once.
  if (api.metrics.getMeter('tomodachi') === api.createNoopMeter())
    api.metrics.setGlobalMeterProvider(provider.provider)
  return provider
}

/** Loads the SDK of metrics. Rejects with `PACKAGE_MISSING`. */
export function loadMetrics(adapter: string): Promise<typeof import('@opentelemetry/sdk-metrics')> {
  return loadPackage(adapter, '@opentelemetry/sdk-metrics', () => import('@opentelemetry/sdk-metrics'))
}

function made(sdk: typeof import('@opentelemetry/sdk-metrics')): PrometheusProvider {
  class Reader extends sdk.MetricReader {
    constructor() {
      super({ aggregationTemporalitySelector: () => sdk.AggregationTemporality.CUMULATIVE })
    }

    protected override async onForceFlush(): Promise<void> {}

    protected override async onShutdown(): Promise<void> {}
  }
  const reader = new Reader()
  return {
    provider: new sdk.MeterProvider({ readers: [reader] }),
    exemplars: new Exemplars(),
    async collect() {
      const { resourceMetrics, errors } = await reader.collect()
      for (const error of errors)
        getLogger('tomodachi.opentelemetry').warn('a metric could not be read', { error })
      return resourceMetrics
    },
  }
}
