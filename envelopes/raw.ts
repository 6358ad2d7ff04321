import type { Format } from './format.ts'
import { checkNames, requireOneOf } from './option.ts'
import { bytesOf, textOf } from './payload.ts'

/** Options of `raw()`. */
export interface RawOptions {
  /**
   * What handlers are given: `text` (from UTF-8) or `bytes`. Default: whatever the transport delivers, which differs
   * between buses.
   */
  readonly as?: 'text' | 'bytes' | undefined
}

/**
 * Makes a format that adds nothing: strings and bytes travel as they are, without metadata.
 *
 * `build` throws a TypeError if the data is neither a string nor a Uint8Array; `parse` throws if you ask for text and
 * the bytes are not UTF-8.
 */
export function raw(options: RawOptions = {}): Format {
  checkNames('raw', options, ['as'])
  const { as } = options
  requireOneOf('raw.as', ['text', 'bytes'], as)
  const read = { text: textOf, bytes: bytesOf, transport: (payload: unknown) => payload }[as ?? 'transport']
  return {
    build(data) {
      if (typeof data === 'string' || data instanceof Uint8Array) return data
      throw new TypeError(
        'raw() carries strings and bytes; give the topic a format such as jsonBase() for anything else',
      )
    },
    parse: (payload) => ({ data: read(payload), metadata: undefined }),
  }
}
