import { TomodachiError } from '../../../kernel/index.ts'
import type { ParamsOf } from '../routing/params.ts'

type QueryValue = string | number | boolean

/** The query to add to a path. An array becomes a parameter for each value; undefined and null are left out. */
export type CallQuery = Readonly<Record<string, QueryValue | readonly QueryValue[] | null | undefined>>

/** The value of a parameter in a path. */
export type ParamValue = string | number | bigint

/** The values for the parameters of a path, by name: `{ id: ParamValue }` for `/orders/:id?full=1`. */
export type CallParams<Path extends string> = string extends Path
  ? Readonly<Record<string, ParamValue | undefined>>
  : keyof ParamsOf<WithoutQuery<Path>> extends never
    ? Readonly<Record<string, never>>
    : { readonly [Name in keyof ParamsOf<WithoutQuery<Path>>]: ParamValue }

/** A question mark at the end makes the last parameter optional; any other one starts the query. */
type WithoutQuery<Path extends string> = Path extends `${infer Front}?${infer Query}`
  ? Query extends '' | '/'
    ? Path
    : Front
  : Path

/**
 * Path and query as they are sent (RFC 9112, 3.2.1). Each value of `params` becomes part of one segment of the path,
 * whatever it contains; `'*'` may be several segments. Characters that a URL cannot have are percent-encoded. Throws
 * `OPTION_INVALID` for values and paths that would lead to another path than the written one.
 */
export function targetOf(path: string, params: unknown, query: unknown): string {
  checkPath(path)
  const split = path.search(/\?(?!\/?$)/)
  const pattern = split < 0 ? path : path.slice(0, split)
  const called = filled(pattern, params) + (split < 0 ? '' : path.slice(split))
  const target = called.replace(/[^!-~]|["<>\\^`{|}]|%(?![\da-f]{2})/giu, encodeURIComponent)
  const added = queryText(query)
  if (added === '') return target
  return `${target}${target.includes('?') ? '&' : '?'}${added}`
}

/** A segment that servers and proxies remove, or take for the parent (RFC 3986, 5.2.4), in any spelling. */
const dots = /^(?:\.|%2e){1,2}(?:(?:;|%3b).*)?$/i
/** Characters that some of them take for the end of a segment. */
const separator = /[/\\]|%2f|%5c/i

/** Half of a surrogate pair, which cannot be encoded in a URL. */
const loneSurrogate = /\p{Cs}/u

function checkPath(path: unknown): asserts path is string {
  const example = 'a path such as /orders/7'
  if (typeof path !== 'string') throw invalid('path', example, shown(path))
  // Errors leave out the query, which may contain a secret.
  const [front = ''] = path.split('?', 1)
  if (!front.startsWith('/')) throw invalid('path', example, front)
  // These characters would end the request line, or never reach the server.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\0-\x1f\x7f#]/.test(path) || loneSurrogate.test(path))
    throw invalid('path', `${example}, without control characters and #`, front)
  if (/^\/[/\\]/.test(front))
    throw invalid(
      'path',
      'a path of the origin that begins with a single slash, because two begin a host',
      front,
    )
  if (front.split(separator).some((segment) => dots.test(segment)))
    throw invalid(
      'path',
      'a path without the segments "." and "..", because they lead to another path',
      front,
    )
}

/** A doubled colon, a parameter with a name as routes have it, or a wildcard at the end. */
const placeholder = /::|:([^(./-]+)(\()?|\*$/g

/** Puts the values into a pattern. Without values and without `/:name` it is a plain path. */
function filled(pattern: string, params: unknown): string {
  if (params === undefined) return /\/:[a-z_]/i.test(pattern) ? filled(pattern, {}) : pattern
  if (!isRecord(params)) throw invalid('params', 'an object of names and values', params)
  const unused = new Map(Object.entries(params).filter(([, value]) => value !== undefined))
  const called = withoutOptional(pattern, params).replace(placeholder, (text, name = '*', expression) => {
    if (text === '::') return ':'
    if (expression !== undefined)
      throw invalid('path', `one with plain parameters, such as :${name}`, pattern)
    unused.delete(name)
    const given = Object.hasOwn(params, name) ? params[name] : undefined
    if (given === undefined) throw invalid(`params.${name}`, `given because ${pattern} needs it`, given)
    const value = textOf(name, given)
    return name === '*' ? segmentsOf(value) : encodeURIComponent(value)
  })
  for (const name of unused.keys()) throw hidden(`params.${name}`, `a parameter of ${pattern}`)
  // The path itself has no such segments, so a value must have made one.
  if (called.split('/').some((segment) => dots.test(segment)))
    throw invalid(
      'params',
      `without "." and ".." as a segment of ${pattern}, because they lead to another path`,
      params,
    )
  return called
}

/** The pattern without the mark of an optional last parameter, or without that parameter when it has no value. */
function withoutOptional(pattern: string, params: Readonly<Record<string, unknown>>): string {
  const [, front, last] = /^(.*)(\/[^/:]*:[^/]*)\?\/?$/s.exec(pattern) ?? []
  if (front === undefined || last === undefined) return pattern
  const isGiven = [...last.matchAll(placeholder)].some(([, name = '']) => params[name] !== undefined)
  return isGiven ? front + last : front || '/'
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && !isNoQuantity(value))) return String(value)
  // A value may be a secret, so the error shows as little of it as possible.
  if (typeof value !== 'string') throw invalid(`params.${name}`, 'a string or a number', shown(value))
  if (value === '')
    throw invalid(`params.${name}`, 'text that is not empty, because an empty segment is another path', '')
  if (loneSurrogate.test(value)) throw hidden(`params.${name}`, 'text without halves of surrogate pairs')
  return value
}

/** The value of a wildcard: one or more segments. */
function segmentsOf(value: string): string {
  const segments = value.split('/')
  if (segments.includes(''))
    throw hidden(
      'params.*',
      'segments with single slashes between them, because an empty one is another path',
    )
  return segments.map(encodeURIComponent).join('/')
}

function queryText(query: unknown): string {
  if (query === undefined) return ''
  if (!isRecord(query)) throw invalid('query', 'an object of names and values', shown(query))
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined || one === null) continue
      if (!/^(?:string|number|bigint|boolean)$/.test(typeof one) || isNoQuantity(one))
        throw invalid(`query.${name}`, 'text, a number, true, false, or a list of these', shown(one))
      if (loneSurrogate.test(`${name}${one}`))
        throw hidden(`query.${name}`, 'text without halves of surrogate pairs')
      parameters.append(name, String(one))
    }
  }
  return parameters.toString()
}

/** Whether it is a plain object, rather than a list, a Map or anything else whose entries would be lost. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    /^\[object Object\]$/.test(Object.prototype.toString.call(value))
  )
}

/** NaN and the infinities, which a failed calculation leaves. */
function isNoQuantity(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value)
}

function shown(value: unknown): string | null {
  return value === null ? value : isNoQuantity(value) ? String(value) : typeof value
}

/** The same, without the value, which may be a secret. */
function hidden(argument: string, expected: string): TomodachiError {
  return new TomodachiError('OPTION_INVALID', { option: `client.${argument}`, expected, hidden: true })
}

function invalid(argument: string, expected: string, actual: unknown): TomodachiError {
  return new TomodachiError('OPTION_INVALID', { option: `client.${argument}`, expected, actual })
}
