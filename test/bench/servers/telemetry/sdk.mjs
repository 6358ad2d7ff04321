import { context, metrics, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/** Takes spans and drops them: what is measured is making them, not sending them. */
const nowhere = {
  export: (_spans, done) => done({ code: 0 }),
  forceFlush: async () => {},
  shutdown: async () => {},
}

/** Collects nothing by itself. */
class UnreadReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

/** Registers an SDK: none, one for spans, or one for spans and metrics. */
export function startSdk(signals) {
  if (signals === 'none') return
  const processor = new BatchSpanProcessor({ exporter: nowhere, maxQueueSize: 100_000 })
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  if (signals === 'spans and metrics')
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new UnreadReader()] }))
}

/** What the parent asks for: `off` has no adapter, `none` an adapter without an SDK. */
export const signals = process.argv.at(-1)
