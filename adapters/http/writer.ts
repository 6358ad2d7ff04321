import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MaybePromise } from '../../kernel/index.ts'
import type { Answer } from './reply.ts'

/** What the writer puts on every response. */
export interface WriterOptions {
  readonly contentType: string
  readonly serverHeader: string
  readonly keepaliveTimeout: number
  /** Whether the connection has to end with this response. */
  readonly closing: () => boolean
}

/**
 * Writes an answer; what it returns resolves when a stream has been sent. Rejects when the stream breaks off. Throws for
 * header fields that node refuses, and has written nothing then.
 */
export type Write = (request: IncomingMessage, response: ServerResponse, answer: Answer) => MaybePromise<void>

/** Makes the function that writes answers. Response header fields are given to node as one flat list: its fastest way. */
export function createWriter({
  contentType: defaultType,
  serverHeader,
  keepaliveTimeout,
  closing,
}: WriterOptions): Write {
  const isPlain = serverHeader !== '' && keepaliveTimeout > 0
  return (request, response, { status, body, headers, contentType = defaultType }) => {
    if (isPlain && typeof body === 'string' && headers.length === 0 && status !== 204 && !closing()) {
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
    const fields: (string | number)[] = ['Content-Type', contentType]
    // A field that the reply has itself must not come twice (RFC 9110, 5.3).
    if (serverHeader !== '' && !names(headers, 'server')) fields.push('Server', serverHeader)
    if (headers.length > 0) fields.push(...headers)
    if ((keepaliveTimeout === 0 || closing()) && !names(headers, 'connection'))
      fields.push('Connection', 'close')
    if (body instanceof Readable) return stream(request, response, status, fields, body)
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

/** A response for a socket on which no request could be read. */
export function rawResponse(status: number): string {
  const reason = STATUS_CODES[status] ?? ''
  return `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ${reason.length}\r\n\r\n${reason}`
}
