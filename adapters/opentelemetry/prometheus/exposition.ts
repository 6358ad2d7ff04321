import type { Exemplar } from '../metrics/exemplars.ts'
import { type Family, type HistogramPoint, type Labels, type NumberPoint, vacated } from './family.ts'

/** A way to write metrics for Prometheus. */
export interface Exposition {
  readonly contentType: string
  write(families: readonly Family[]): string
}

/** Suffix of the names of samples, where the name of the family has none. */
const suffixes = { counter: '_total', info: '_info', gauge: '', histogram: '' } as const

/** OpenMetrics 1.0.0: with units and exemplars. */
export const openMetrics: Exposition = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  write(families) {
    const blocks = families.map((family) => {
      const { name, type, unit, help } = family
      const head = [`# TYPE ${name} ${type}`]
      if (unit !== '') head.push(`# UNIT ${name} ${unit}`)
      if (help !== '') head.push(`# HELP ${name} ${escaped(help)}`)
      return [...head, ...samplesOf(family, exemplarText)]
    })
    return `${[...blocks.flat(), '# EOF'].join('\n')}\n`
  },
}

/** The text format 0.0.4 of Prometheus, for everybody else. Its samples have the same names. */
export const plainText: Exposition = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  write(families) {
    const blocks = families.map((family) => {
      const name = family.name + suffixes[family.type]
      const help = family.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
      const head = family.help === '' ? [] : [`# HELP ${name} ${help}`]
      head.push(`# TYPE ${name} ${family.type === 'info' ? 'gauge' : family.type}`)
      return [...head, ...samplesOf(family, () => '')]
    })
    return blocks
      .flat()
      .map((line) => `${line}\n`)
      .join('')
  },
}

/** The one that an `Accept` asks for. */
export function expositionFor(accept: string | undefined): Exposition {
  const isAccepted = (accept ?? '').split(',').some((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    const version = parameters.find((parameter) => parameter.startsWith('version='))
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
    return (
      type === 'application/openmetrics-text' &&
      !isRefused &&
      (version === undefined || /^version="?1\.0\.0"?$/.test(version))
    )
  })
  return isAccepted ? openMetrics : plainText
}

function samplesOf(
  { name, type, points }: Family,
  withExemplar: (exemplar: Exemplar | undefined) => string,
): string[] {
  return points.flatMap((point) =>
    'counts' in point
      ? bucketsOf(name, point, withExemplar)
      : [`${name}${suffixes[type]}${labelText(point.labels)} ${numberText((point as NumberPoint).value)}`],
  )
}

function bucketsOf(
  name: string,
  { labels: own, bounds, counts, count, sum, exemplars }: HistogramPoint,
  withExemplar: (exemplar: Exemplar | undefined) => string,
): string[] {
  const labels = vacated(own, 'le')
  let below = 0
  const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, place) => {
    below += counts[place] ?? 0
    const text = labelText([...labels, ['le', boundText(bound)]])
    return `${name}_bucket${text} ${below}${withExemplar(exemplars[place])}`
  })
  lines.push(`${name}_count${labelText(labels)} ${count}`)
  if (sum !== undefined) lines.push(`${name}_sum${labelText(labels)} ${numberText(sum)}`)
  return lines
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (!exemplar) return ''
  const { traceId, spanId, value, time } = exemplar
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(value)} ${time}`
}

function labelText(labels: Labels): string {
  if (labels.length === 0) return ''
  return `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')
}

/** A bound is written as a float in OpenMetrics; the same text in both formats makes the same series. */
function boundText(bound: number): string {
  const text = numberText(bound)
  return /^\d+$/.test(text) ? `${text}.0` : text
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : `${value}`
}
