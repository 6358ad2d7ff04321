import type { IncomingHttpHeaders } from 'node:http'
import { Duplex, pipeline, type Readable, type Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** Makes the decoder of a body that begins with these bytes. */
type MakeDecoder = (first: Buffer) => Transform

/** The codings that calls accept (RFC 9110, 8.4.1). */
export const acceptedCodings = 'gzip, deflate, br, zstd'

const decoders: ReadonlyMap<string, MakeDecoder> = new Map<string, MakeDecoder>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  // Some servers leave out the frame of zlib, which begins with this (RFC 1950, 2.2; RFC 9110, 8.4.1.2).
  ['deflate', ([first = 0]) => ((first & 0x0f) === 0x08 ? createInflate() : createInflateRaw())],
  ['br', () => createBrotliDecompress()],
  // RFC 9659, 3: no more than 8 MB of memory.
  ['zstd', () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } })],
])

/** Most codings on top of each other: each costs memory and time. */
const mostCodings = 5

/** An answer as undici gives it. */
interface Received {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

/**
 * The header fields and the decoded body of an answer; the fields about the coding are removed. Throws `RESPONSE_UNPARSABLE` for an
 * unknown coding. A body that is not in its coding, or that is cut short, fails with the same code while it is read.
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
  // Answers to HEAD and with 304 have no body, and a part of a compressed body cannot be decoded.
  if (
    codings.length === 0 ||
    method === 'HEAD' ||
    /^(?:204|206|304)$/.test(String(statusCode)) ||
    length === '0'
  )
    return { headers, body }
  const known = codings.slice(0, mostCodings).flatMap((one) => decoders.get(one) ?? [])
  if (known.length < codings.length) {
    body.on('error', () => {}).destroy()
    throw new TomodachiError('RESPONSE_UNPARSABLE', {
      call,
      reason: `its content coding "${coding}" is not supported`,
    })
  }
  // Messages of decoders do not quote the body.
  const broken = (cause: unknown) => {
    const reason = `its content coding is broken (${reasonOf(cause)})`
    return new TomodachiError('RESPONSE_UNPARSABLE', { call, reason }, { cause })
  }
  const stages = known.reverse().map((make) => new Decoder(make, broken))
  // The reader of the last stream gets the errors of the earlier ones.
  pipeline([body, ...stages], () => {})
  return { headers: others, body: stages.at(-1) as Decoder }
}

/** Decodes a body. The decoder is made when the first bytes arrive: an empty body is valid in any coding. */
class Decoder extends Duplex {
  readonly #make: MakeDecoder
  readonly #broken: (error: unknown) => Error
  #inner: Transform | undefined

  /** `broken` makes the error of a body that is not in its coding, from the error of its decoder. */
  constructor(make: MakeDecoder, broken: (error: unknown) => Error) {
    super()
    this.#make = make
    this.#broken = broken
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inner ??= this.#begun(chunk)
    this.#inner.write(chunk, done)
  }

  override _final(done: () => void): void {
    if (this.#inner) this.#inner.end()
    else this.push(null)
    done()
  }

  override _read(): void {
    this.#inner?.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner?.destroy()
    done(error)
  }

  #begun(first: Buffer): Transform {
    const inner = this.#make(first)
    inner.on('data', (bytes) => {
      if (!this.push(bytes)) inner.pause()
    })
    inner.on('end', () => this.push(null)).on('error', (error) => this.destroy(this.#broken(error)))
    return inner
  }
}
