import { types } from 'node:util'

// What foreign code throws or returns can be anything: a parsed body, a revoked proxy, an error whose getters
// throw. These functions read it safely.

const unshowable = 'a value that cannot be shown'
/** The longest description, in characters. */
const longest = 10_000
const longestShown = 500

/** Whether a value is an error, of this realm or another. Never throws. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || isA(value, Error)
}

/** `value instanceof type`. A proxy can make that throw; then the answer is false. */
export function isA<T>(value: unknown, type: abstract new (...values: never[]) => T): value is T {
  try {
    return value instanceof type
  } catch {
    return false
  }
}

/** A property of a thrown or returned value; undefined if there is none or it cannot be read. Never throws. */
export function partOf(value: unknown, key: PropertyKey): unknown {
  try {
    return (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key]
  } catch {
    return undefined
  }
}

/** A value as text, cut after 10,000 characters, or "a value that cannot be shown" if it has no text. Never throws. */
export function textOf(value: unknown): string {
  try {
    return cut(String(value), longest)
  } catch {
    return unshowable
  }
}

/** The reason of a thrown value: the message of an error, and `textOf` of anything else. Never throws. */
export function reasonOf(error: unknown): string {
  try {
    return textOf(isError(error) ? error.message : error)
  } catch {
    return unshowable
  }
}

/** The name of an error, `Error` if it has none, and the type of any other thrown value. Never throws. */
export function nameOf(error: unknown): string {
  if (!isError(error)) return typeof error
  const name = partOf(error, 'name')
  return typeof name === 'string' && name !== '' ? cut(name, longestShown) : 'Error'
}

/**
 * The stack of an error, cut after 10,000 characters; undefined if there is none or it cannot be read. Never
 * throws.
 */
export function stackOf(error: unknown): string | undefined {
  const stack = isError(error) ? partOf(error, 'stack') : undefined
  return typeof stack === 'string' ? cut(stack, longest) : undefined
}

/**
 * A thrown value as an error that libraries can read: the value itself if it is one, otherwise an error with its
 * reason and the value as its cause.
 */
export function asError(thrown: unknown): Error {
  try {
    if (isError(thrown)) {
      // The properties that node's streams and others read.
      const { name, message, stack, code } = thrown as NodeJS.ErrnoException
      if ([name, message, stack ?? '', String(code)].every((part) => typeof part === 'string')) return thrown
    }
  } catch {
    // Its getters throw.
  }
  return new Error(reasonOf(thrown), { cause: thrown })
}

/** A value in a few words, for sentences that say what was given. Never throws. */
export function show(value: unknown): string {
  try {
    return described(value)
  } catch {
    return unshowable
  }
}

function described(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value, longestShown))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return cut(String(value), longestShown)
  if (Array.isArray(value)) return `an array of ${value.length}`
  const name = classNameOf(value)
  if (name !== undefined)
    return `${/^(?:[AEIO]|U(?!RL|int|ni|se))/.test(name) ? 'an' : 'a'} ${cut(name, longestShown)}`
  const keys = Object.keys(value)
  return keys.length === 0
    ? 'an object with no keys'
    : `an object with the keys ${cut(keys.slice(0, 8).join(', '), longestShown)}`
}

/** The name of the class that a value is an instance of; undefined for plain objects, of other realms too. */
function classNameOf(value: object): string | undefined {
  if (isPlainObject(value)) return undefined
  const name = partOf(partOf(value, 'constructor'), 'name')
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** Whether it is an object as `{}` makes it, of this realm or another, or one without a prototype. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Cuts, but never within a character. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}… [cut, ${text.length} characters in all]`
}
