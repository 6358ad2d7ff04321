import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Refusal } from '../access/request-events.ts'
import { unmapped } from '../options/real-ip.ts'
import type { Connections } from './connections.ts'
import { destroyLater } from './unread-body.ts'

/** Most header fields of a request. node stops collecting them at this number, without an error. */
export const maxHeaders = 2_000

/** Milliseconds for a client to read a refusal and to close. */
const refusalPatience = 500

/**
 * Answers bytes that are not HTTP, and requests that arrive too slowly, if the connection can still take an answer: never in place
 * of another answer, and never within one. `tell` is called for each.
 */
export function refuseBroken(
  server: Server,
  connections: Connections,
  tell: (refusal: Refusal) => void,
): void {
  const refuse = (socket: Socket, status: number) => {
    tell(refusalOf(socket, status))
    endWith(socket, rawResponse(status))
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.of(socket)
    // A socket without a connection has failed its TLS handshake, so nothing can be sent.
    if (!socket.writable || hasLeft(error) || connection === undefined) return socket.destroy()
    const due = connection.latest
    if (due === undefined) {
      // RFC 9112, 9.6: nothing follows the last answer of a connection.
      const isOver = connection.final !== undefined || error.code === 'HPE_CLOSED_CONNECTION'
      return isOver ? socket.destroySoon() : refuse(socket, statusOf(error.code))
    }
    // The unreadable bytes came after this request, which is complete and will be answered.
    if (due.req.complete) return connection.endWithLatest()
    // The body of this request is what cannot be read. An answer without a socket waits for its turn.
    if (due.headersSent || due.socket === null) return socket.destroy()
    refuse(socket, statusOf(error.code))
  })
}

/** The event of an answer that has only a status and its name. */
export function refusalOf({ remoteAddress: ip }: Socket, status: number): Refusal {
  return { status, contentLength: (STATUS_CODES[status] ?? '').length, ip: ip && unmapped(ip) }
}

/** Ends a connection with an answer. The client has time to read it, but no more: a handler may wait for a body that cannot come. */
export function endWith(socket: Socket, answer: string): void {
  socket.end(answer)
  destroyLater(socket, refusalPatience)
}

/** Whether the client left in the middle of a request. */
function hasLeft({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'HPE_INVALID_EOF_STATE'
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
}

/** A response for a socket on which node writes none, because no request could be read or it asked for an upgrade. */
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

/** The status with which to refuse a head that the parser accepts; undefined when nothing is wrong with it. */
export function faultOf({
  rawHeaders,
  headers,
  httpVersionMajor,
  httpVersionMinor,
}: IncomingMessage): number | undefined {
  if (httpVersionMajor !== 1) return 505
  if (rawHeaders.length > 2 * maxHeaders) return 431
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    // RFC 9112, 6.1: a proxy on the way may have read this differently.
    if (httpVersionMinor === 0) return 400
    if (coding.toLowerCase() !== 'chunked') return /[, ]chunked$/i.test(coding) ? 501 : 400
  }
  // RFC 9112, 3.2: with several, a proxy might use another one than we do.
  const hosts = countHosts(rawHeaders)
  return hosts > 1 || (hosts === 0 && httpVersionMinor > 0) ? 400 : undefined
}

function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts
}

/** Answers with only the status and its name, and closes the connection. */
export function refuseHead(response: ServerResponse, status: number): void {
  response.shouldKeepAlive = false
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(STATUS_CODES[status])
}
