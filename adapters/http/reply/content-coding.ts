import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  type InputType,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'

/** How much of a body is inspected. */
const enough = 256
const maxOutputLength = 65_536
/** How many bytes it takes to tell text from Brotli, which begins without a mark. */
export const tellingBytes = 32

type Decode = (bytes: InputType, options: object) => Buffer

/** How each content coding is decoded, and the error that says that more may follow. */
const codings: Readonly<Record<string, readonly [partial: number, ...decoders: Decode[]] | undefined>> = {
  gzip: [constants.Z_SYNC_FLUSH, gunzipSync],
  'x-gzip': [constants.Z_SYNC_FLUSH, gunzipSync],
  // Some senders leave its frame out, and browsers accept that.
  deflate: [constants.Z_SYNC_FLUSH, inflateSync, inflateRawSync],
  br: [constants.BROTLI_OPERATION_FLUSH, brotliDecompressSync],
  zstd: [constants.ZSTD_e_flush, zstdDecompressSync],
}

/**
 * Whether a body is in the coding that its `Content-Encoding` names (RFC 9110, 8.4), judged by its first bytes. `fetch`
 * decodes a body but keeps the field, so a forwarded answer names a coding that it no longer has. Unknown codings are
 * believed.
 */
export function isIn(coding: string, bytes: Uint8Array, whole: boolean): boolean {
  const [partial, ...decoders] = codings[coding.slice(coding.lastIndexOf(',') + 1).trim()] ?? []
  if (partial === undefined) return true
  const start = bytes.subarray(0, enough)
  const options = { maxOutputLength, ...(whole && bytes.length <= enough ? {} : { finishFlush: partial }) }
  return !isText(start) && decoders.some((decode) => decodes(decode, start, options))
}

function decodes(decode: Decode, bytes: Uint8Array, options: object): boolean {
  try {
    decode(bytes, options)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  }
}

/** Whether these bytes are UTF-8 without control characters, which compressed data is not. Brotli accepts some such text. */
function isText(bytes: Uint8Array): boolean {
  // Brotli encodes an empty text as ";".
  if (bytes.length < 2) return false
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    return !/[\0-\x08\x0b\x0e-\x1f\x7f]/.test(text)
  } catch {
    return false
  }
}

/**
 * Whether `fetch` has certainly decoded an answer with this coding, because every version decodes it. The field then
 * describes what was received. Older versions do not know zstd.
 */
export function isDecodedByFetch(coding: string, hasBody: boolean): boolean {
  const decoded = hasBody ? /^(?:(?:x-)?gzip|deflate|br)$/ : /^(?:(?:x-)?gzip|deflate|br|zstd)$/
  return coding.split(',').every((one) => decoded.test(one.trim()))
}
