import { inflateSync } from 'node:zlib'
import type { Payload } from './format.ts'
import { bytesIn, invalidOption, type Size, sizeExamples } from './option.ts'

/** Limit of decompressed data if a format names none. */
const largest = '32MB'

/** Limits decompression. */
export interface Decompression {
  /**
   * The maximum size of data after decompression, so that a small message cannot fill the memory. Anything larger is
   * treated as unparsable. Default `32MB`.
   */
  readonly maxDecompressedSize?: Size | undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The payload as text. Throws a TypeError for bytes that are not UTF-8. */
export function textOf(payload: Payload): string {
  if (typeof payload === 'string') return payload
  try {
    return utf8.decode(payload)
  } catch (cause) {
    throw new TypeError('the payload is not text in UTF-8', { cause })
  }
}

/** The JSON in a payload. A byte order mark before it is ignored (RFC 8259, section 8.1). Throws for what is not JSON. */
export function jsonIn(payload: Payload): unknown {
  const text = textOf(payload)
  return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
}

/** The payload as bytes. */
export function bytesOf(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}

/** Decodes base64 (RFC 4648, section 4). Throws a TypeError for other text. */
export function fromBase64(text: string, subject: string): Uint8Array {
  // Buffer would skip what it does not know.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new TypeError(`${subject} is not base64`)
  }
  return Buffer.from(text, 'base64')
}

/** Makes the function that decompresses zlib streams (RFC 1950). Throws a TypeError for an invalid limit. */
export function inflater(option: string, size: Size = largest): (bytes: Uint8Array) => Uint8Array {
  const bound = bytesIn(size) ?? invalidOption(option, `a size, such as ${sizeExamples}`, size)
  return (bytes) => {
    try {
      return inflateSync(bytes, { maxOutputLength: bound })
    } catch (cause) {
      if ((cause as { code?: string }).code !== 'ERR_BUFFER_TOO_LARGE') throw cause
      throw new RangeError(`the data is larger than ${bound} bytes when decompressed`, { cause })
    }
  }
}
