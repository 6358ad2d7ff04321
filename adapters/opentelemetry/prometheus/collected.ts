import type { Attributes } from '@opentelemetry/api'
import type {
  DataPoint,
  Histogram,
  MetricData,
  ResourceMetrics,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import type { Exemplars } from '../metrics/exemplars.ts'
import {
  type Family,
  type FamilyType,
  type HistogramPoint,
  type Labels,
  merged,
  type NumberPoint,
  withLabel,
} from './family.ts'
import { familyNameOf, sanitized } from './names.ts'

/** How metrics are told of. */
export interface Naming {
  readonly prefix: string
  readonly scope: boolean
  readonly target: boolean
  /** Where the exemplars of histograms are; undefined for none. */
  readonly exemplars: Exemplars | undefined
}

/** The kinds of points as the SDK numbers them: its enumeration would have to be loaded for them. */
const kinds = { histogram: 0, gauge: 2, sum: 3 } as const

/** What the SDK has collected, as families. `resource` are the attributes of the process. */
export function familiesOf(
  { scopeMetrics }: ResourceMetrics,
  resource: Attributes,
  naming: Naming,
): Family[] {
  const target: Family = {
    name: 'target',
    type: 'info',
    unit: '',
    help: 'Target metadata',
    points: [{ labels: labelsOf(resource), value: 1 }],
  }
  const families = scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.flatMap((metric) => familyOf(metric, scope, naming) ?? []),
  )
  return merged([naming.target ? [target] : [], families])
}

/** Undefined for what neither format can say: an exponential histogram. */
function familyOf(
  metric: MetricData,
  scope: ScopeMetrics['scope'],
  { prefix, scope: withScope, exemplars }: Naming,
): Family | undefined {
  const type = typeOf(metric)
  if (!type) return undefined
  const { name: metricName, unit: symbol, description: help } = metric.descriptor
  const { name, unit } = familyNameOf(metricName, symbol, type, prefix)
  const shared = withScope ? scopeLabels(scope) : []
  const dataPoints = metric.dataPoints as DataPoint<number | Histogram>[]
  const points = dataPoints.map(({ attributes, value }): NumberPoint | HistogramPoint => {
    const labels = shared.reduce(
      (others, [name, text]) => withLabel(others, name, text),
      labelsOf(attributes),
    )
    if (typeof value === 'number') return { labels, value }
    const { buckets, count, sum } = value
    // The SDK may give the last bound, Infinity, or leave it out.
    const bounds = buckets.boundaries.filter(Number.isFinite)
    return {
      labels,
      bounds,
      counts: buckets.counts,
      count,
      sum,
      exemplars: exemplars?.of(metricName, attributes) ?? [],
    }
  })
  return { name, type, unit, help, points }
}

function typeOf(metric: MetricData): FamilyType | undefined {
  const kind: number = metric.dataPointType
  if (kind === kinds.histogram) return 'histogram'
  if (kind === kinds.gauge) return 'gauge'
  if (kind !== kinds.sum) return undefined
  return 'isMonotonic' in metric && metric.isMonotonic ? 'counter' : 'gauge'
}

function scopeLabels({ name, version, schemaUrl }: ScopeMetrics['scope']): Labels {
  const labels: [string, string][] = [['otel_scope_name', name]]
  if (version) labels.push(['otel_scope_version', version])
  if (schemaUrl) labels.push(['otel_scope_schema_url', schemaUrl])
  return labels
}

/** Attributes whose names become the same have their values side by side, as OpenTelemetry's rules for Prometheus say. */
function labelsOf(attributes: Attributes): Labels {
  const labels = new Map<string, string>()
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue
    const label = sanitized(attribute).replace(/^(?=\d)/, '_')
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const before = labels.get(label)
    labels.set(label, before === undefined ? text : `${before};${text}`)
  }
  return [...labels]
}
