import { version } from '../../kernel/adapter-kit.ts'
import { type Adapter, type Bus, getLogger } from '../../kernel/index.ts'
import { api } from './conventions/api.ts'
import { SCHEMA_URL } from './conventions/semantic-conventions.ts'
import { logExport } from './logs.ts'
import { remember } from './made.ts'
import { measure } from './metrics/metrics.ts'
import { type OpenTelemetryOptions, resolveOpenTelemetryOptions } from './options.ts'
import { tracing } from './tracing/tracing.ts'

export type { OpenTelemetryOptions } from './options.ts'

/** A kernel whose services list several of these adapters is observed once. */
const observed = new WeakSet<Bus>()

/**
 * Makes spans and measurements of all that the services of a kernel do, through the API of OpenTelemetry: whichever SDK
 * the process has registered gets them. It has no sources: `new Service({ adapters: [opentelemetry()] })`. Throws
 * `OPTION_INVALID`, and `LOGS_API_MISSING` for logs with an API that has none.
 */
export function opentelemetry(options: OpenTelemetryOptions = {}): Adapter {
  const { name, traces, metrics, logs, excludedUrls } = resolveOpenTelemetryOptions(options)
  const tracer = api.trace.getTracerProvider().getTracer('tomodachi', version, { schemaUrl: SCHEMA_URL })
  const traced = traces ? tracing(excludedUrls, tracer) : undefined
  const exportLogs = logs ? logExport() : undefined
  let stopMeasuring = () => {}
  return remember({
    name,
    ...(traced ? { instrument: traced.instrument } : {}),
    async start({ bus }) {
      if (observed.has(bus)) {
        const log = getLogger('tomodachi.opentelemetry')
        return log.warn('the services of this kernel are observed once, by the first opentelemetry()')
      }
      observed.add(bus)
      // Before the tracing, which forgets the spans of what has ended.
      if (metrics) {
        const meter = api.metrics.getMeter('tomodachi', version, { schemaUrl: SCHEMA_URL })
        stopMeasuring = measure(bus, { meter, excludedUrls, exemplars: undefined })
      }
      traced?.watch(bus)
      exportLogs?.(bus)
    },
    async pause() {},
    async close() {
      stopMeasuring()
      stopMeasuring = () => {}
    },
  })
}
