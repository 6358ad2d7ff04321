import type { Exemplar } from '../metrics/exemplars.ts'

/** What kind of numbers a family has. */
export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'info'

/** Names and values, in the order in which they are written. */
export type Labels = readonly (readonly [name: string, value: string])[]

/** A series with one number. */
export interface NumberPoint {
  readonly labels: Labels
  readonly value: number
}

/** A series of a histogram. */
export interface HistogramPoint {
  readonly labels: Labels
  /** Upper bounds of the buckets, without the last one, which has none. */
  readonly bounds: readonly number[]
  /** Measurements in each bucket alone; one more than there are bounds. */
  readonly counts: readonly number[]
  readonly count: number
  /** Undefined where measurements may be negative. */
  readonly sum: number | undefined
  /** By bucket. */
  readonly exemplars: readonly (Exemplar | undefined)[]
}

/** All series of one name: what a process has measured, ready to be written. It survives `v8.serialize`. */
export interface Family {
  /** As OpenMetrics has it: without `_total` and `_info`. */
  readonly name: string
  readonly type: FamilyType
  /** Empty for none. */
  readonly unit: string
  readonly help: string
  readonly points: readonly (NumberPoint | HistogramPoint)[]
}

/**
 * Several lists as one, in which each family stands once. A family whose type differs from that of the first one with its
 * name is left out, and so is a series that is there already: neither can be written.
 */
export function merged(lists: readonly (readonly Family[])[]): Family[] {
  const byName = new Map<string, Family & { readonly points: (NumberPoint | HistogramPoint)[] }>()
  const known = new Set<string>()
  for (const family of lists.flat()) {
    const { name, type, points } = family
    const target = byName.get(name) ?? { ...family, points: [] }
    byName.set(name, target)
    if (target.type !== type) continue
    for (const point of points) {
      const key = JSON.stringify([name, [...point.labels].sort()])
      if (!known.has(key)) target.points.push(point)
      known.add(key)
    }
  }
  return [...byName.values()].filter(({ points }) => points.length > 0)
}

/** The same series with one more label. */
export function labelled(families: readonly Family[], name: string, value: string): Family[] {
  return families.map((family) => ({
    ...family,
    points: family.points.map((point) => ({ ...point, labels: withLabel(point.labels, name, value) })),
  }))
}

/** The labels with one of ours behind them. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  return [...vacated(labels, name), [name, value]]
}

/** The labels, of which none has this name any longer: Prometheus too prefixes one that is in the way of its own. */
export function vacated(labels: Labels, name: string): Labels {
  const names = new Set(labels.map(([own]) => own))
  if (!names.has(name)) return labels
  let free = name
  while (names.has(free)) free = `exported_${free}`
  return labels.map(([own, value]) => [own === name ? free : own, value])
}
