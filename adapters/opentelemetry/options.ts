import { flag, lineOfText, optionShape, resolveOptions, type ShapesOf } from '../../kernel/adapter-kit.ts'
import { excludedByEnvironment } from './conventions/excluded-urls.ts'
import {
  type PrometheusOptions,
  prometheusOption,
  type ResolvedPrometheusOptions,
  resolvePrometheus,
} from './prometheus/options.ts'

/** Options of OpenTelemetry. Each comment names the default. */
export interface OpenTelemetryOptions {
  /** Name of the adapter in logs and `getContext()`. Default `opentelemetry`. */
  readonly name?: string
  /** Whether spans are made. Default true. */
  readonly traces?: boolean
  /** Whether measurements are recorded. Default true. */
  readonly metrics?: boolean
  /** Whether log records are exported too, beside the output of the log. Default false. */
  readonly logs?: boolean
  /**
   * Whether an endpoint tells Prometheus of the measurements, or how. Default false; true if the variable
   * OTEL_NODE_METER_PROVIDER is `tomodachi_prometheus`.
   */
  readonly prometheus?: boolean | PrometheusOptions
  /**
   * Requests that are neither traced nor measured: those whose path matches one of these. Default: the patterns in the
   * variable OTEL_NODE_TOMODACHI_EXCLUDED_URLS or, if that is not set, OTEL_NODE_EXCLUDED_URLS, separated by commas.
   */
  readonly excludedUrls?: readonly (RegExp | string)[]
}

const shapes = {
  name: lineOfText('opentelemetry'),
  traces: flag(true),
  metrics: flag(true),
  logs: flag(false),
  prometheus: prometheusOption,
  excludedUrls: optionShape<readonly RegExp[] | undefined>(
    undefined,
    'a list of regular expressions',
    (value) => (Array.isArray(value) ? patternsOf(value) : undefined),
  ),
} satisfies ShapesOf<OpenTelemetryOptions>

/** Options that were checked. */
export interface ResolvedOptions {
  readonly name: string
  readonly traces: boolean
  readonly metrics: boolean
  readonly logs: boolean
  readonly prometheus: ResolvedPrometheusOptions | undefined
  readonly excludedUrls: readonly RegExp[]
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`, also for a variable that is no list of patterns. */
export function resolveOpenTelemetryOptions(options: OpenTelemetryOptions): ResolvedOptions {
  const { excludedUrls, prometheus, ...resolved } = resolveOptions('opentelemetry', options, shapes)
  return {
    ...resolved,
    prometheus: resolvePrometheus(prometheus),
    excludedUrls: excludedUrls ?? excludedByEnvironment(),
  }
}

function patternsOf(values: readonly unknown[]): readonly RegExp[] | undefined {
  try {
    const patterns = values.map((value) => {
      if (typeof value === 'string' || value instanceof RegExp) return new RegExp(value)
      throw new TypeError('not a pattern')
    })
    return patterns
  } catch {
    return undefined
  }
}
