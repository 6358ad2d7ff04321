import { isOptions } from '../../options/resolve-options.ts'
import { type Method, parseLevel } from './level.ts'

/** Thresholds by logger name; each also applies to the loggers below that name. */
export type NamedLevels = ReadonlyMap<string, Method>

/** The levels in a text: that of all loggers, and those of single ones. */
export interface Levels {
  readonly level: Method | undefined
  readonly named: NamedLevels
}

/**
 * Reads `info`, `orders=debug`, or several of them separated by commas, in any order. Undefined where an entry lacks its name
 * or its level, or is given twice. Throws LOG_LEVEL_INVALID for a level that does not exist.
 */
export function parseLevels(text: unknown): Levels | undefined {
  if (typeof text !== 'string') return undefined
  const found = new Map<string, Method>()
  for (const entry of text.split(',')) {
    const end = entry.lastIndexOf('=')
    const name = entry.slice(0, Math.max(end, 0)).trim()
    const level = entry.slice(end + 1).trim()
    if ((end >= 0 && (name === '' || level === '')) || found.has(name)) return undefined
    if (level === '' && text.includes(',')) return undefined
    found.set(name, parseLevel(level))
  }
  const level = found.get('')
  found.delete('')
  return { level, named: found }
}

/** Reads levels by the name of a logger; undefined where they are none. Throws LOG_LEVEL_INVALID. */
export function namedLevels(levels: unknown): NamedLevels | undefined {
  if (!isOptions(levels) || '' in levels) return undefined
  return new Map(Object.entries(levels).map(([name, level]) => [name, parseLevel(level)]))
}

/**
 * The level for a logger of this name: that of the longest matching name, so `orders` matches `orders.billing`.
 * Namespaces of the package `debug` are nested with colons.
 */
export function levelFor(name: string, named: NamedLevels): Method | undefined {
  for (let end = name.length; end > 0; end = lastSeparator(name, end - 1)) {
    const prefix = name.slice(0, end)
    // DEBUG already chooses which namespaces write; having to enable them a second time would only puzzle.
    const level = named.get(prefix) ?? (prefix === 'debug' ? 'debug' : undefined)
    if (level !== undefined) return level
  }
  return undefined
}

function lastSeparator(name: string, before: number): number {
  return Math.max(name.lastIndexOf('.', before), name.lastIndexOf(':', before))
}
