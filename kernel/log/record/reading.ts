import { types } from 'node:util'

/** What stands for a value that throws when it is read. */
export const unreadable = '[unreadable]'

/** What an object holds, by name. */
export function entriesOf(value: object): Iterable<readonly [unknown, unknown]> {
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  if (!isPlain && (types.isMap(value) || webMaps().some((type) => value instanceof type)))
    return (value as Map<unknown, unknown>).entries()
  return Object.keys(value).map((key) => [key, read(value, key)])
}

/** Node loads these when they are first read. */
function webMaps() {
  return [Headers, URLSearchParams, FormData]
}

/** The value of a property. Never throws. */
export function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return unreadable
  }
}

/** The value of a property that holds text; empty if it holds anything else. Never throws. */
export function readText(value: object, key: string): string {
  const found = read(value, key)
  return typeof found === 'string' ? found : ''
}
