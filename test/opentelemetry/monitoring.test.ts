// The dashboard and the alert rules name metrics and labels that there are.
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { definitions, familyNameOf } from '../inside.ts'

const test = suite('opentelemetry: monitoring')

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

const read = (name: string) =>
  readFileSync(new URL(`../../examples/monitoring/${name}`, import.meta.url), 'utf8')
const dashboard = JSON.parse(read('grafana-dashboard.json')) as { readonly panels: readonly Panel[] }
const rules = read('prometheus-alerts.yml')

/** What a scrape adds to each series. */
const ofScrapes = ['job', 'instance', 'le']
const suffixes = {
  Counter: ['_total'],
  Histogram: ['_bucket', '_count', '_sum'],
  Gauge: [''],
  UpDownCounter: [''],
}

/** The labels of each series, by its name. */
const series = new Map(
  Object.entries(definitions).flatMap(([metric, { unit, instrument, attributes }]) => {
    const type = instrument === 'UpDownCounter' ? 'gauge' : (instrument.toLowerCase() as 'counter')
    const { name } = familyNameOf(metric, unit, type, '')
    const labels = [...ofScrapes, ...attributes.map((attribute) => attribute.replace(/[^a-z\d]/g, '_'))]
    return suffixes[instrument].map((suffix) => [name + suffix, labels] as const)
  }),
)

/** The names in an expression that are not of the language. */
function faultsOf(expression: string): string[] {
  const bare = expression.replace(/"[^"]*"/g, '').replace(/\[[^\]]*\]/g, '')
  const words = new Set(bare.match(/[a-z]\w+/gi) ?? [])
  const language = /^(sum|min|count|rate|increase|max_over_time|histogram_quantile|vector|by|or|datasource)$/
  const unknown = [...words].filter((word) => !language.test(word))
  const metrics = unknown.filter((word) => series.has(word))
  if (metrics.length === 0) return [`no metric in ${expression}`]
  const labels = new Set(metrics.flatMap((metric) => series.get(metric) ?? []))
  return unknown.filter((word) => !series.has(word) && !labels.has(word))
}

test('each panel shows metrics and labels that there are', () => {
  const panels = dashboard.panels.filter(({ targets }) => targets)
  assert.ok(panels.length > 20)
  for (const { title, targets = [] } of panels)
    for (const { expr, legendFormat } of targets) {
      assert.equal(faultsOf(expr), [], title)
      const known = [...series.values()].flat()
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        assert.ok(known.includes(label), `${title}: ${label}`)
    }
})

test('each metric is shown', () => {
  const shown = JSON.stringify(dashboard)
  const left = [...series.keys()].filter((name) => !/_(count|sum)$/.test(name) && !shown.includes(name))
  assert.equal(
    left.filter((name) => !/_p90_/.test(name) && !shown.includes(name.replace(/_bucket$/, '_count'))),
    [],
  )
})

test('each alert watches metrics that there are', () => {
  const expressions = [...rules.matchAll(/expr: (?:>-\n((?: {10}.+\n)+)|(.+)\n)/g)].map(
    ([, folded, plain]) => folded ?? plain ?? '',
  )
  assert.is(expressions.length, rules.match(/- alert: /g)?.length)
  for (const expression of expressions) assert.equal(faultsOf(expression), [])
})

test('the check of names finds what is wrong', () => {
  assert.equal(faultsOf('rate(nothing_total[5m])'), ['no metric in rate(nothing_total[5m])'])
  assert.equal(faultsOf('sum by (nowhere) (tomodachi_mailbox_depth)'), ['nowhere'])
})

test.run()
