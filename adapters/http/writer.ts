import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MaybePromise } from '../../kernel/index.ts'
import type { OpenStreams } from './open-streams.ts'
import type { Answer } from './reply.ts'

/** What the writer puts on every response. */
export interface WriterOptions {
  readonly contentType: string
  readonly serverHeader: string
  /** Told of the bodies that last. */
  readonly streams: OpenStreams
}

/**
 * Writes an answer; what it returns resolves when a stream has been sent. Rejects when the stream breaks off. Throws for
 * header fields that node refuses, and has written nothing then.
 */
export type Write = (request: IncomingMessage, response: ServerResponse, answer: Answer) => MaybePromise<void>

/** Makes the function that writes answers. Response header fields are given to node as one flat list: its fastest way. */
export function createWriter({ contentType: defaultType, serverHeader, streams }: WriterOptions): Write {
  const isPlain = serverHeader !== ''
  return (request, response, { status, body, headers, contentType = defaultType }) => {
    if (isPlain && typeof body === 'string' && headers.length === 0 && status !== 204) {
      // Most answers are text without fields of their own: one list of the right length, instead of one that grows.
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
    // RFC 9110, 15.4.5: a 304 says nothing of the content that it leaves out.
    const fields: (string | number)[] = status === 304 ? [] : ['Content-Type', contentType]
    // A field that the reply has itself must not come twice (RFC 9110, 5.3).
    if (serverHeader !== '' && !names(headers, 'server')) fields.push('Server', serverHeader)
    if (headers.length > 0) fields.push(...headers)
    if (body instanceof Readable) {
      streams.add(body)
      return stream(request, response, status, fields, body)
    }
    if (body === undefined) {
      if (hasBody(status) && !names(headers, 'content-length')) fields.push('Content-Length', 0)
      writeHead(response, status, fields)
      response.end()
      return
    }
    // RFC 9110, 8.6: no Content-Length with 204. A length that the handler gave itself would be the second one.
    if (status !== 204 && !names(headers, 'content-length')) {
      fields.push('Content-Length', typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength)
    }
    writeHead(response, status, fields)
    response.end(body)
  }
}

function writeHead(response: ServerResponse, status: number, fields: (string | number)[]): void {
  try {
    response.writeHead(status, fields as string[])
  } catch (failure) {
    // node keeps the reason phrase of a head that it refuses: the next one would have it.
    response.statusMessage = ''
    throw failure
  }
}

function stream(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  fields: (string | number)[],
  body: Readable,
): MaybePromise<void> {
  try {
    writeHead(response, status, fields)
  } catch (failure) {
    body.destroy()
    throw failure
  }
  if (request.method === 'HEAD' || !hasBody(status)) {
    body.destroy()
    response.end()
    return
  }
  return pipeline(body, response)
}

/** Whether responses of this status have a body (RFC 9110, 6.4.1). */
function hasBody(status: number): boolean {
  return status !== 204 && status !== 304
}

function names(headers: readonly (string | number)[], name: string): boolean {
  for (let index = 0; index < headers.length; index += 2)
    if (String(headers[index]).toLowerCase() === name) return true
  return false
}

/** A response for a socket on which node writes none: no request could be read, or it asked to be upgraded. */
export function rawResponse(status: number, headers: Readonly<Record<string, string>> = {}): string {
  const reason = STATUS_CODES[status] ?? ''
  const fields = {
    'Content-Type': 'text/plain; charset=utf-8',
    Connection: 'close',
    ...headers,
    'Content-Length': reason.length,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${reason}`
}
