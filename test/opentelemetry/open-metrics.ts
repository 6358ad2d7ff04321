/** One line of numbers. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly exemplar:
    | { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly time: number }
    | undefined
}

/** All samples of one name. */
export interface ReadFamily {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly samples: readonly Sample[]
}

const types = ['counter', 'gauge', 'histogram', 'info']
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum'],
  info: ['_info'],
}
const number = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf|NaN)`
const labelSet = String.raw`\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"(?:,(?!\})|(?=\})))*\}`
const line = new RegExp(
  String.raw`^([a-zA-Z_]\w*)(${labelSet})? (${number})(?: # (${labelSet}) (${number}) (${number}))?$`,
)

/** Reads OpenMetrics 1.0.0 as strictly as it is specified, as far as this library writes it. Throws for the first fault. */
export function readOpenMetrics(text: string): ReadFamily[] {
  if (!text.endsWith('\n# EOF\n')) throw new Error('there is no # EOF at the end')
  const families: { name: string; type: string; unit: string; samples: Sample[] }[] = []
  const seen = new Set<string>()
  for (const row of text.slice(0, -'# EOF\n'.length - 1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.+)$/.exec(row) ?? []
    const family = families.at(-1)
    if (keyword === 'TYPE') {
      if (!types.includes(rest)) throw new Error(`${name} has the type ${rest}`)
      if (/_(total|info|bucket|count|sum|created)$/.test(name)) throw new Error(`a family is called ${name}`)
      if (families.some((other) => other.name === name)) throw new Error(`${name} comes twice`)
      families.push({ name, type: rest, unit: '', samples: [] })
    } else if (keyword !== undefined) {
      if (family?.name !== name || family.samples.length > 0) throw new Error(`out of place: ${row}`)
      if (keyword === 'UNIT' && !name.endsWith(`_${rest}`))
        throw new Error(`${name} does not end with ${rest}`)
      if (keyword === 'UNIT') family.unit = rest
      if (keyword === 'HELP' && /(^|[^\\])(\\\\)*"/.test(rest)) throw new Error(`not escaped: ${row}`)
    } else {
      if (!family) throw new Error(`a sample without a family: ${row}`)
      const sample = sampleOf(row)
      const isOf = suffixes[family.type]?.some((suffix) => sample.name === family.name + suffix)
      if (!isOf) throw new Error(`${sample.name} is not of ${family.name}`)
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      if (seen.has(key)) throw new Error(`comes twice: ${row}`)
      seen.add(key)
      if (sample.exemplar && !/_(bucket|total)$/.test(sample.name)) throw new Error(`an exemplar at ${row}`)
      if (family.type === 'counter' && !(sample.value >= 0)) throw new Error(`not a count: ${row}`)
      family.samples.push(sample)
    }
  }
  for (const family of families) if (family.type === 'histogram') checkHistogram(family)
  return families
}

function sampleOf(row: string): Sample {
  const [, name = '', labels, value = '', of, at = '', time = ''] = line.exec(row) ?? []
  if (name === '') throw new Error(`not a sample: ${row}`)
  const exemplar =
    of === undefined ? undefined : { labels: labelsOf(of), value: Number(at), time: Number(time) }
  const length = Object.entries(exemplar?.labels ?? {}).join('').length
  if (length > 128) throw new Error(`the labels of an exemplar are too long: ${row}`)
  return { name, labels: labelsOf(labels ?? '{}'), value: numberOf(value), exemplar }
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => {
    return [name, value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))] as const
  })
  if (new Set(pairs.map(([name]) => name)).size < pairs.length)
    throw new Error(`a label comes twice: ${text}`)
  return Object.fromEntries(pairs)
}

/** Buckets are in order and count up to the count; exemplars lie within theirs. */
function checkHistogram({ name, samples }: ReadFamily): void {
  const series = Map.groupBy(samples, ({ labels: { le, ...labels } }) => JSON.stringify(labels))
  for (const [key, own] of series) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`)
    const count = own.find((sample) => sample.name === `${name}_count`)?.value
    const bounds = buckets.map(({ labels }) => numberOf(labels.le ?? 'NaN'))
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${key} has no +Inf`)
    if (buckets.at(-1)?.value !== count) throw new Error(`${key} has another count`)
    buckets.forEach(({ value, labels, exemplar }, place) => {
      if (!/^(\+Inf|\d+\.\d+)$/.test(labels.le ?? '')) throw new Error(`${labels.le} is not a float`)
      const before = buckets[place - 1]
      const lower = bounds[place - 1] ?? Number.NEGATIVE_INFINITY
      if (before && (value < before.value || lower >= (bounds[place] ?? 0)))
        throw new Error(`${key} is out of order`)
      const at = exemplar?.value ?? bounds[place] ?? 0
      if (at <= lower || at > (bounds[place] ?? 0))
        throw new Error(`an exemplar of ${key} is in the wrong bucket`)
    })
  }
}
