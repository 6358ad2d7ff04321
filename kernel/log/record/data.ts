import { types } from 'node:util'
import { isError } from '../../thrown.ts'
import { redactText } from '../secrets/redact.ts'
import { isHarmlessValue, isListedName, isListedValue, isSecretName } from '../secrets/secret-names.ts'
import { redacted } from '../secrets/secret-value.ts'
import { isPlainName } from './plain-name.ts'
import { entriesOf, read, readText, unreadable } from './reading.ts'

/** JSON data, into which field values are turned before any format or sink sees them. */
export type Data = null | boolean | number | string | Data[] | { [key: string]: Data }

/**
 * The bounds of one record: characters of a text, entries of a list or object, nesting, and characters in all.
 * Anything beyond is cut and marked with an ellipsis.
 */
export const bounds = { text: 10_000, entries: 100, depth: 8, record: 64_000 } as const

/** The keys that each line starts with. A field of the same name gets an underscore in front. */
const reserved: ReadonlySet<string> = new Set(['timestamp', 'logger', 'level', 'message'])
const errorKeys: ReadonlySet<string> = new Set(['name', 'message', 'code', 'stack', 'cause', 'errors'])
/** How many characters beyond the limit of a text are searched for secrets. */
const margin = 1_000

/** One pass over the values of a record: how much it may still print, and the objects it is inside of. */
interface Walk {
  room: number
  readonly inside: Set<object>
}

/** A message as one text. An Error gives its message; other values that are not text become JSON. */
export function messageText(message: unknown): string {
  const walk = newWalk()
  if (typeof message === 'string') return text(message, walk)
  return asText(toData(isError(message) ? read(message, 'message') : message, walk, 0))
}

/**
 * The fields of all parts in one plain object; later parts win. Values become JSON data: secrets are redacted,
 * undefined is left out, an Error becomes `{ name, message, code?, stack?, cause?, errors?, … }`, and what JSON
 * cannot hold becomes text. A part that is not an object of fields is kept as `error` (an Error) or `value`. Never
 * throws.
 */
export function fieldData(parts: readonly unknown[]): Record<string, Data> {
  const walk = newWalk()
  const fields: Record<string, Data> = {}
  for (const part of parts) {
    try {
      if (part !== undefined && part !== null) addEntries(fields, fieldsOf(part), walk, 1, true)
    } catch {
      fields.value = unreadable
    }
  }
  return fields
}

function newWalk(): Walk {
  return { room: bounds.record, inside: new Set() }
}

function fieldsOf(part: unknown): Iterable<readonly [unknown, unknown]> {
  if (isError(part)) return [['error', part]]
  return typeof part === 'object' && part !== null && !Array.isArray(part)
    ? entriesOf(part)
    : [['value', part]]
}

function toData(value: unknown, walk: Walk, depth: number): Data | undefined {
  walk.room -= 8
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return value
    case 'string':
      return text(value, walk)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
    case 'symbol':
      return text(String(value), walk)
    case 'function':
      return text(`[function ${readText(value, 'name')}]`, walk)
    default:
      return value === null ? null : objectData(value as object, walk, depth)
  }
}

function objectData(value: object, walk: Walk, depth: number): Data {
  if (walk.inside.has(value)) return '[circular]'
  if (depth > bounds.depth || walk.room <= 0) {
    return isError(value) ? text(`${readText(value, 'name')}: ${readText(value, 'message')}`, walk) : '[…]'
  }
  walk.inside.add(value)
  try {
    return contents(value, walk, depth)
  } catch {
    return unreadable
  } finally {
    walk.inside.delete(value)
  }
}

function contents(value: object, walk: Walk, depth: number): Data {
  if (isError(value)) return errorData(value, walk, depth)
  if (Array.isArray(value) || types.isSet(value)) return listData(value, walk, depth)
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`
  if (types.isBoxedPrimitive(value)) return toData(value.valueOf(), walk, depth + 1) ?? null
  if (types.isRegExp(value)) return text(String(value), walk)
  if (types.isPromise(value)) return '[promise]'
  const json = jsonForm(value)
  if (json !== undefined) return toData(json, walk, depth + 1) ?? null
  const data: Record<string, Data> = {}
  addEntries(data, entriesOf(value), walk, depth + 1, false)
  return 'value' in data ? withoutNamedValue(data) : data
}

/** Headers and variables may be listed as `{ name: 'authorization', value: 'x' }`. */
function withoutNamedValue(data: Record<string, Data>): Data {
  const name = data.name ?? data.key
  const isSecret = typeof name === 'string' && isSecretName(name) && !isHarmlessValue(name, data.value)
  return isSecret ? { ...data, value: redacted } : data
}

/** The result of the object's own `toJSON`; undefined if it has none or if it throws. */
function jsonForm(value: object): unknown {
  const toJSON = read(value, 'toJSON')
  if (typeof toJSON !== 'function') return undefined
  try {
    return toJSON.call(value, '') as unknown
  } catch {
    return undefined
  }
}

function errorData(error: Error, walk: Walk, depth: number): Data {
  const data: Record<string, Data> = {
    name: text(readText(error, 'name'), walk),
    message: text(readText(error, 'message'), walk),
  }
  const code = read(error, 'code')
  if (typeof code === 'string' || typeof code === 'number') data.code = toData(code, walk, depth) ?? null
  const stack = read(error, 'stack')
  if (typeof stack === 'string') data.stack = text(userPart(stack), walk)
  const more = [
    ['cause', read(error, 'cause')],
    ['errors', read(error, 'errors')],
    ...Object.keys(error).flatMap((key) => (errorKeys.has(key) ? [] : [[key, read(error, key)] as const])),
  ] as const
  addEntries(data, more, walk, depth + 1, false)
  return data
}

/** Frames below the kernel's call of a handler say nothing about where the user's code went wrong. */
function userPart(stack: string): string {
  const end = stack.lastIndexOf('\n    at enterHandler (')
  return end < 0 ? stack : stack.slice(0, end)
}

function listData(values: Iterable<unknown>, walk: Walk, depth: number): Data[] {
  const list: Data[] = []
  let before = ''
  for (const value of values) {
    if (list.length >= bounds.entries || walk.room <= 0) {
      list.push('[…]')
      break
    }
    const isSecret = isListedName(before) && typeof value === 'string' && isListedValue(value)
    list.push(isSecret ? redacted : withoutSecond(toData(value, walk, depth + 1) ?? null))
    before = typeof value === 'string' ? value : ''
  }
  return list
}

/** Two elements of a list are an entry if the first is a secret's name: `[['password', 'x']]`. */
function withoutSecond(data: Data): Data {
  if (!Array.isArray(data) || data.length !== 2) return data
  const [name, value] = data
  const isSecret = typeof name === 'string' && isSecretName(name) && !isHarmlessValue(name, value)
  return isSecret ? [name, redacted] : data
}

function addEntries(
  target: Record<string, Data>,
  entries: Iterable<readonly [unknown, unknown]>,
  walk: Walk,
  depth: number,
  isTop: boolean,
): void {
  let count = 0
  for (const [name, value] of entries) {
    if (value === undefined) continue
    if (count >= bounds.entries || walk.room <= 0) {
      target['…'] = '[…]'
      break
    }
    count += 1
    const key = typeof name === 'string' ? name : asText(toData(name, walk, depth))
    const isPlain = key.length <= walk.room && isPlainName(key)
    const isSecret = !isPlain && isSecretName(key) && !isHarmlessValue(key, value)
    const data = isSecret ? redacted : toData(value, walk, depth)
    if (data === undefined) continue
    const shown = isTop && reserved.has(key) ? `_${key}` : key
    put(target, isPlain ? spent(shown, walk) : text(shown, walk), data)
  }
}

/** Sets an own property; plain assignment to `__proto__` would replace the prototype. */
function put(target: Record<string, Data>, key: string, value: Data): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

function asText(data: Data | undefined): string {
  return typeof data === 'string' ? data : String(JSON.stringify(data))
}

/** The text, which takes its part of the room. */
function spent(value: string, walk: Walk): string {
  walk.room -= value.length
  return value
}

/**
 * Redacts, then cuts. It searches more than it keeps, so that a secret across the cut is still seen whole. What is
 * searched counts against the room of the record too, because a text full of secrets is no less work.
 */
function text(value: string, walk: Walk): string {
  const room = Math.min(bounds.text, Math.max(walk.room, 0))
  const searched = value.slice(0, room * 2 + margin)
  const clean = redactText(searched)
  walk.room -= Math.max(Math.min(clean.length, room), (searched.length - margin) / 2)
  if (clean.length <= room && searched.length === value.length) return clean
  return `${clean.slice(0, room)}… [cut, ${value.length} characters in all]`
}
