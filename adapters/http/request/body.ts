import type { IncomingMessage } from 'node:http'
import { Readable, type Transform } from 'node:stream'
import { createGunzip, createInflate } from 'node:zlib'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** Whether a body follows the head of a request (RFC 9112, 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** The error of a request whose announced body is larger than `limit` bytes; the body need not be read. */
export function announcedExcess(raw: IncomingMessage, limit: number): TomodachiError | undefined {
  const announced = raw.headers['content-length']
  if (announced === undefined || Number(announced) <= limit) return undefined
  return new TomodachiError('BODY_TOO_LARGE', { limit, actual: Number(announced) })
}

/**
 * The body, decompressed (RFC 9110, 8.4). Throws `CONTENT_ENCODING_UNKNOWN` for codings other than gzip, deflate and
 * identity.
 */
function decoded(raw: IncomingMessage, decoder = decoderOf(raw)): Readable {
  const left = leftBehind(raw)
  if (decoder === undefined) return left ?? raw
  // The reader of the body gets the error of broken compression. If nobody reads it, the error must not end the
  // process.
  decoder.on('error', () => {})
  if (left) return left.pipe(decoder)
  // `pipe` does not pass errors on, but the reader of the decoder must learn that the client left.
  raw.on('error', (error) => decoder.destroy(error))
  raw.on('close', () => raw.readableEnded || decoder.destroy(new Error('the connection was closed')))
  if (raw.destroyed) decoder.destroy(new Error('the connection was closed'))
  return raw.pipe(decoder)
}

/** The streams of bodies, by request. */
const streams = new WeakMap<IncomingMessage, BodyStream>()

/** Whether somebody reads the body of a request, itself or its stream. */
export function isRead(raw: IncomingMessage): boolean {
  return [raw, streams.get(raw)].some(
    (body) => body && !body.destroyed && body.listenerCount('data') + body.listenerCount('readable') > 0,
  )
}

/**
 * The body as a stream, read only on demand. If the reader stops early, as with `break` in `for await`, the request
 * stays alive, because it still has to be answered. Throws as `decoded` does.
 */
export class BodyStream extends Readable {
  readonly #raw: IncomingMessage
  readonly #decoder: Transform | undefined
  #source: Readable | undefined

  constructor(raw: IncomingMessage) {
    super()
    this.#raw = raw
    this.#decoder = decoderOf(raw)
    streams.set(raw, this)
  }

  override _read(): void {
    if (this.#source) this.#source.resume()
    else this.#open()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#source && !this.#source.readableEnded) letGo(this.#raw, this.#source)
    else this.#decoder?.destroy()
    done(error)
  }

  #open(): void {
    const source = decoded(this.#raw, this.#decoder)
    this.#source = source
    if (source === this.#raw && source.destroyed) return void this.destroy(leftEarly())
    source.on('error', (error) => this.destroy(error))
    source.on('end', () => this.push(null))
    source.on('data', (chunk: Buffer) => this.push(chunk) || source.pause())
  }
}

/** A complete body that nobody had read when its client left: node keeps it, but emits nothing for it. */
function leftBehind(raw: IncomingMessage): Readable | undefined {
  if (!raw.destroyed || !raw.complete || raw.readableEnded || raw.readableDidRead) return undefined
  const bytes = raw.read() as Buffer | null
  return Readable.from(bytes === null ? [] : [bytes], { objectMode: false })
}

function decoderOf({ headers }: IncomingMessage): Transform | undefined {
  const encoding = headers['content-encoding']?.toLowerCase()
  if (!encoding || encoding === 'identity') return undefined
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip()
  if (encoding === 'deflate') return createInflate()
  throw new TomodachiError('CONTENT_ENCODING_UNKNOWN', { encoding })
}

function leftEarly(): Error {
  return new Error('the connection was closed before the body was read')
}

/**
 * Reads the whole body, decompressed. Rejects with `BODY_TOO_LARGE` as soon as it exceeds `limit` bytes, and with
 * `BODY_UNREADABLE` when the client leaves or the compression is broken. `read` is called with the number of bytes.
 */
export function readBody(raw: IncomingMessage, limit: number, read: (size: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const excess = announcedExcess(raw, limit)
    if (excess) throw excess
    const body = decoded(raw)
    // Its events are over: a listener would wait forever.
    if (body === raw && raw.destroyed) throw unreadable(leftEarly())
    const chunks: Buffer[] = []
    let size = 0
    body.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) return chunks.push(chunk)
      // The rest is read and dropped, so that the answer arrives before the connection ends.
      letGo(raw, body)
      raw.resume()
      reject(new TomodachiError('BODY_TOO_LARGE', { limit, actual: undefined }))
    })
    body.on('end', () => {
      read(size)
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size))
    })
    // When the client leaves, node ends the request with an error, but only if somebody listens for it.
    body.on('error', (error) => reject(unreadable(error)))
  })
}

/** Stops reading a body, and leaves the rest of it in the request. */
function letGo(raw: IncomingMessage, body: Readable): void {
  body.removeAllListeners('data')
  body.pause()
  if (body === raw) return
  raw.unpipe()
  body.destroy()
}

function unreadable(error: unknown): TomodachiError {
  if (error instanceof TomodachiError) return error
  return new TomodachiError('BODY_UNREADABLE', { reason: reasonOf(error) }, { cause: error })
}
