import type { FamilyType } from './family.ts'

/** The words for units that Prometheus has in names, by their symbol in UCUM. */
const words: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  kBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  Cel: 'celsius',
  Hz: 'hertz',
  J: 'joules',
  V: 'volts',
  W: 'watts',
  m: 'meters',
  g: 'grams',
  '%': 'percent',
}

/** The name of a family as OpenMetrics has it, and its unit: the name ends with that. */
export function familyNameOf(
  metric: string,
  unit: string,
  type: FamilyType,
  prefix: string,
): { readonly name: string; readonly unit: string } {
  const bare = sanitized(metric)
  const base = type === 'counter' ? bare.replace(/_total$/, '') : bare
  const word = wordOf(unit, type)
  const suffix = word === '' || base.endsWith(`_${word}`) ? '' : `_${word}`
  const name = `${prefix === '' ? '' : `${prefix}_`}${base}${suffix}`
  return { name: /^\d/.test(name) ? `_${name}` : name, unit: word }
}

/** Counts in braces, such as `{request}`, have no word. */
function wordOf(unit: string, type: FamilyType): string {
  const plain = unit.replace(/\{[^{}]*\}/g, '')
  if (plain === '1') return type === 'gauge' ? 'ratio' : ''
  return words[plain] ?? (/^[a-z]+$/i.test(plain) ? plain : '')
}

/** What a label or a metric can be called in Prometheus. */
export function sanitized(name: string): string {
  return name.replace(/[^a-z\d_]/gi, '_').replace(/_{2,}/g, '_')
}
