import type { Meter } from '@opentelemetry/api'
import { kernelOf, version } from '../../kernel/adapter-kit.ts'
import { type Adapter, type Bus, getLogger } from '../../kernel/index.ts'
import { api } from './conventions/api.ts'
import { SCHEMA_URL } from './conventions/semantic-conventions.ts'
import { logExport } from './logs.ts'
import { remember } from './made.ts'
import { measure } from './metrics/metrics.ts'
import { type OpenTelemetryOptions, resolveOpenTelemetryOptions } from './options.ts'
import { checkPrometheus, openPrometheus, type Prometheus } from './prometheus/prometheus.ts'
import { tracing } from './tracing/tracing.ts'

export type { OpenTelemetryOptions } from './options.ts'

/** A kernel whose services list several of these adapters is observed once. */
const observed = new WeakSet<Bus>()
/** Its spans are those of the first adapter that traces, whose instrument the kernel uses. */
const watched = new WeakSet<Bus>()

/** What is open between a start and its close. */
interface Running {
  readonly opened: Prometheus | undefined
  /** End the measuring. */
  readonly stops: readonly (() => void)[]
}

/**
 * Makes spans and measurements of all that the services of a kernel do, through the API of OpenTelemetry: whichever SDK
 * the process has registered gets them. It has no sources: `new Service({ adapters: [opentelemetry()] })`. Throws
 * `OPTION_INVALID`, also for logs with an API that has none.
 */
export function opentelemetry(options: OpenTelemetryOptions = {}): Adapter {
  const { name, traces, metrics, logs, prometheus, excludedUrls } = resolveOpenTelemetryOptions(options)
  const tracer = api.trace.getTracerProvider().getTracer('tomodachi', version, { schemaUrl: SCHEMA_URL })
  const traced = traces ? tracing(excludedUrls, tracer) : undefined
  const exportLogs = logs ? logExport() : undefined
  let running: Running | undefined
  return remember({
    name,
    // Asked for once, when a kernel begins to start. Without an SDK, nothing is called for nothing.
    get instrument() {
      return traced && hasTracer() ? traced.instrument : undefined
    },
    async start({ bus, sender, isCheck = false }) {
      if (isCheck) return prometheus && checkPrometheus(prometheus, name)
      if (traced && bus.instrument && !watched.has(bus)) {
        watched.add(bus)
        traced.watch(bus)
      }
      if (observed.has(bus)) {
        const log = getLogger('tomodachi.opentelemetry')
        return log.warn('the services of this kernel are observed once, by the first opentelemetry()')
      }
      observed.add(bus)
      exportLogs?.(bus)
      const opened = prometheus && (await openPrometheus(prometheus, name, sender()))
      const exemplars = opened?.exemplars && { kept: opened.exemplars, spanOf: traced?.spanOf }
      const stops = metrics
        ? metersFor(opened).map((meter) =>
            measure(bus, { meter, excludedUrls, kernel: kernelOf(sender()), exemplars }),
          )
        : []
      running = { opened, stops }
    },
    async pause() {
      running?.opened?.endpoint.pause()
    },
    async close() {
      const { opened, stops = [] } = running ?? {}
      running = undefined
      for (const stop of stops) stop()
      await opened?.close()
    },
    get endpoints() {
      return running?.opened ? [running.opened.endpoint.url] : []
    },
  })
}

/** Whether an SDK makes spans: else the provider of the API has nobody to ask. */
function hasTracer(): boolean {
  const provider = api.trace.getTracerProvider()
  return (
    !(provider instanceof api.ProxyTracerProvider) || provider.getDelegateTracer('tomodachi') !== undefined
  )
}

/**
 * What measures for the SDK of the process, and for the endpoint: one where they are the same. None without an SDK, so that
 * nobody listens to the bus for nothing.
 */
function metersFor(opened: Prometheus | undefined): readonly Meter[] {
  const providers = new Set([api.metrics.getMeterProvider(), ...(opened ? [opened.provider] : [])])
  return [...providers]
    .map((provider) => provider.getMeter('tomodachi', version, { schemaUrl: SCHEMA_URL }))
    .filter((meter) => meter !== api.createNoopMeter())
}
