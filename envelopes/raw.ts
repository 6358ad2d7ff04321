import type { Format } from './format.ts'

/**
 * No format at all: strings and bytes travel as they are, without metadata.
 *
 * `build` throws a TypeError when the data is neither a string nor a Uint8Array.
 */
export function raw(): Format {
  return {
    build(data) {
      if (typeof data === 'string' || data instanceof Uint8Array) return data
      throw new TypeError(
        'raw() carries strings and bytes; give the topic a format such as jsonBase() for anything else',
      )
    },
    parse: (payload) => ({ data: payload, metadata: undefined }),
  }
}
