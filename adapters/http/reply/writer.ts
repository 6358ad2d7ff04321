import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MaybePromise } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { isIn, tellingBytes } from './content-coding.ts'
import type { OpenStreams } from './events.ts'
import { type Answer, lengthOf } from './reply.ts'
import { beginningOf, firstOf } from './stream-beginning.ts'

/** What the writer puts on every response. */
export interface WriterOptions {
  readonly contentType: string
  readonly serverHeader: string
  /** Remembers replies that last, such as server-sent events. */
  readonly streams: OpenStreams
}

/**
 * Writes an answer. For a stream it returns a promise, which resolves when the stream has been sent and rejects when it
 * breaks off. If node refuses a header field, or a stream fails before its first byte, it throws or rejects before
 * anything is written.
 */
export type Write = (request: IncomingMessage, response: ServerResponse, answer: Answer) => MaybePromise<void>

/** Makes the function that writes answers. node gets the header fields as one flat list, which is fastest. */
export function createWriter({ contentType: defaultType, serverHeader, streams }: WriterOptions): Write {
  const isPlain = serverHeader !== ''
  return (request, response, answer) => {
    const { status, body, headers, contentType = defaultType, coding, announced } = answer
    if (isPlain && typeof body === 'string' && headers.length === 0 && hasBody(status)) {
      // Most answers are text without fields of their own: for these, a list of the right length is faster than one that grows.
      const length = Buffer.byteLength(body)
      writeHead(response, status, [
        'Content-Type',
        contentType,
        'Server',
        serverHeader,
        'Content-Length',
        length,
      ])
      response.end(body)
      return
    }
    // An answer without content has no fields about it (RFC 9110, 8.3 and 15.4.5).
    const fields: (string | number)[] = hasBody(status) ? ['Content-Type', contentType] : []
    // Fields of the reply replace ours: none may come twice (RFC 9110, 5.3).
    if (serverHeader !== '' && !names(headers, 'server')) fields.push('Server', serverHeader)
    if (headers.length > 0) fields.push(...headers)
    if (body instanceof Readable) {
      streams.add(body)
      return stream(request, response, answer, fields)
    }
    if (coding !== undefined && hasBody(status)) fields.push('Content-Encoding', coding)
    // RFC 9110, 8.6: no Content-Length with 204. Where a body is left out, only the reply knows its length.
    const isLeftOut = body === undefined || status === 205
    const length = isLeftOut ? lengthUnsent(request, status, announced) : lengthOf(body)
    if (status !== 204 && length !== undefined) fields.push('Content-Length', length)
    writeHead(response, status, fields)
    response.end(isLeftOut ? undefined : body)
  }
}

/** The length that the body would have with another method or status. */
function lengthUnsent(
  { method }: IncomingMessage,
  status: number,
  announced: number | undefined,
): number | undefined {
  if (status === 304) return announced
  if (status === 205) return 0
  return method === 'HEAD' ? (announced ?? 0) : 0
}

function writeHead(response: ServerResponse, status: number, fields: (string | number)[]): void {
  try {
    response.writeHead(status, fields as string[])
  } catch (failure) {
    // node keeps the reason phrase of a head that it refused, and would use it for the next one.
    response.statusMessage = ''
    throw failure
  }
}

/** Sends a stream. Before any byte is sent, the claims of the reply are checked against the first bytes. */
async function stream(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status, body, coding, announced }: Answer,
  fields: (string | number)[],
): Promise<void> {
  const source = body as Readable
  const isClaimed = announced !== undefined || coding !== undefined
  // RFC 9110, 15.3.6: a 205 has no content, and says so.
  if (status === 205) fields.push('Content-Length', 0)
  if (!hasBody(status) || (method === 'HEAD' && !isClaimed)) return end(response, status, fields, source)
  try {
    const first = await firstOf(source, response)
    // A head written now would be lost when this failure cuts the connection.
    if (source.errored) throw source.errored
    // Throws for a chunk that is neither text nor bytes.
    if (first !== null) Buffer.byteLength(first)
    if (!isClaimed) {
      writeHead(response, status, fields)
      if (first !== null) response.write(first)
      return await pipe(source, response)
    }
    const { bytes, whole } = await beginningOf(
      source,
      response,
      first,
      coding === undefined ? 0 : tellingBytes,
    )
    const isCoded = coding !== undefined && isIn(coding, bytes, whole)
    if (isCoded) fields.push('Content-Encoding', coding)
    // A length next to a coding that is gone is the length of the compressed body.
    const length = whole ? bytes.length : coding !== undefined && !isCoded ? undefined : announced
    const isTold = length !== undefined && bytes.length <= length
    if (isTold) fields.push('Content-Length', length)
    if (whole || method === 'HEAD') return end(response, status, fields, source, bytes)
    writeHead(response, status, fields)
    return await pipe(source, response, isTold ? length : undefined)
  } finally {
    source.destroy()
  }
}

function end(
  response: ServerResponse,
  status: number,
  fields: (string | number)[],
  source: Readable,
  bytes?: Uint8Array,
): void {
  source.destroy()
  writeHead(response, status, fields)
  response.end(bytes)
}

/**
 * Sends a stream. If it fails, or does not have the announced length, the connection is cut and the promise rejects.
 */
async function pipe(source: Readable, response: ServerResponse, length?: number): Promise<void> {
  let cutShort = false
  source.once('close', () => {
    cutShort = !source.readableEnded && !response.destroyed
  })
  try {
    if (length === undefined) await pipeline(source, response)
    else await pipeline(source, (chunks) => exactly(chunks, length), response)
  } catch (failure) {
    if (cutShort && !source.errored) throw new Error('the stream was destroyed before its end')
    throw failure
  }
}

async function* exactly(chunks: AsyncIterable<string | Uint8Array>, length: number) {
  let left = length
  for await (const chunk of chunks) {
    left -= typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength
    if (left < 0) break
    yield chunk
  }
  if (left !== 0) throw new TomodachiError('REPLY_LENGTH', { announced: length })
}

/** Whether responses of this status have a body (RFC 9110, 6.4.1 and 15.3.6). */
function hasBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304
}

function names(headers: readonly (string | number)[], name: string): boolean {
  for (let index = 0; index < headers.length; index += 2)
    if (String(headers[index]).toLowerCase() === name) return true
  return false
}
