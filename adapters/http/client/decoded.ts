import type { IncomingHttpHeaders } from 'node:http'
import { pipeline, type Readable, type Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib'
import { TomodachiError } from '../../../kernel/index.ts'

/** What an answer may be compressed with (RFC 9110, 8.4.1), as a call asks for it. */
export const acceptedCodings = 'gzip, deflate, br, zstd'

const decoders: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  // RFC 9659, 3: no more than 8 MB of memory.
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } }),
}

/** Codings on top of each other, at most: each costs memory and time. */
const mostCodings = 5

/** An answer as undici gives it. */
interface Received {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

/**
 * The header fields and the body of an answer, decoded: the fields then say nothing of what has been. Throws
 * `RESPONSE_UNPARSABLE` for a coding that is not known. A body that is not in its coding, or that is cut short, fails while it is read.
 */
export function decoded(
  call: string,
  method: string,
  { statusCode, headers, body }: Received,
): Omit<Received, 'statusCode'> {
  const { 'content-encoding': coding = '', 'content-length': length, ...others } = headers
  const codings = String(coding)
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'identity')
  // Of a HEAD and a 304 there is no body, and a part of a body cannot be decoded from its middle on.
  if (
    codings.length === 0 ||
    method === 'HEAD' ||
    /^(?:204|206|304)$/.test(String(statusCode)) ||
    length === '0'
  )
    return { headers, body }
  const stages = codings.slice(0, mostCodings).map((one) => decoders[one]?.())
  const known = stages.filter((stage) => stage !== undefined)
  if (known.length < codings.length) {
    body.on('error', () => {}).destroy()
    throw new TomodachiError('RESPONSE_UNPARSABLE', {
      call,
      reason: `its content coding "${coding}" is not known`,
    })
  }
  // Whoever reads the last one is told of what goes wrong before.
  pipeline([body, ...known.reverse()], () => {})
  return { headers: others, body: known.at(-1) as Transform }
}

/** Whether an error is one of a decoder; its words do not quote the body. */
export function isOfDecoder(code: string): boolean {
  return /^(?:Z_|ZSTD_|ERR__ERROR_|ERR_BROTLI|ERR_ZLIB|ERR_ZSTD)/.test(code)
}
