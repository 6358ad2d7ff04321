import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  type InputType,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'

/** As much of a body as is looked at. */
const enough = 256
const maxOutputLength = 65_536
/** Bytes of text that can be told from Brotli, which has no mark at its beginning. */
export const tellingBytes = 32

type Decode = (bytes: InputType, options: object) => Buffer

/** How each content coding is decoded, and what says that more may follow. */
const codings: Readonly<Record<string, readonly [decode: Decode, partial: number] | undefined>> = {
  gzip: [gunzipSync, constants.Z_SYNC_FLUSH],
  'x-gzip': [gunzipSync, constants.Z_SYNC_FLUSH],
  deflate: [inflateSync, constants.Z_SYNC_FLUSH],
  br: [brotliDecompressSync, constants.BROTLI_OPERATION_FLUSH],
  zstd: [zstdDecompressSync, constants.ZSTD_e_flush],
}

/**
 * Whether a body is in the coding that its field names (RFC 9110, 8.4), judged by its first bytes. `fetch` decodes a body
 * and leaves the field as it was, so that an answer that is passed on claims a coding which it no longer has. Codings that are
 * not known here are believed.
 */
export function isIn(coding: string, bytes: Uint8Array, whole: boolean): boolean {
  const outermost = coding.slice(coding.lastIndexOf(',') + 1).trim()
  const [decode, partial] = codings[outermost] ?? []
  if (decode === undefined) return true
  const isComplete = whole && bytes.length <= enough
  try {
    decode(bytes.subarray(0, enough), { maxOutputLength, ...(isComplete ? {} : { finishFlush: partial }) })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  }
}

/**
 * Whether the body of an answer to `fetch` is decoded for certain, as every version does with these: then the field is about what
 * came. Older ones do not know zstd; of an answer without a body it says nothing either.
 */
export function isDecodedByFetch(coding: string, hasBody: boolean): boolean {
  const decoded = hasBody ? /^(?:(?:x-)?gzip|deflate|br)$/ : /^(?:(?:x-)?gzip|deflate|br|zstd)$/
  return coding.split(',').every((one) => decoded.test(one.trim()))
}
