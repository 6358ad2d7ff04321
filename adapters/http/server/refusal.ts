import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Refusal } from '../access/responded.ts'
import { unmapped } from '../options/real-ip.ts'
import { rawResponse } from '../reply/writer.ts'
import type { Connections } from './connections.ts'

/** After a request that is no HTTP, milliseconds for its client to read so and to close. */
const refusalPatience = 500

/**
 * Answers what is no HTTP, or comes too slowly, as far as its connection still takes an answer: never in the place of
 * another one, and never within one. `tell` is called for each answer.
 */
export function refuseBroken(
  server: Server,
  connections: Connections,
  tell: (refusal: Refusal) => void,
): void {
  const refuse = (socket: Socket, status: number) => {
    tell(refusalOf(socket, status))
    end(socket, status)
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.of(socket)
    // Without a connection of ours its handshake has failed, and nothing can be said.
    if (!socket.writable || hasLeft(error) || connection === undefined) return socket.destroy()
    const due = connection.latest
    if (due === undefined) {
      // RFC 9112, 9.6: nothing comes behind the answer with which a connection ends.
      const isOver = connection.final !== undefined || error.code === 'HPE_CLOSED_CONNECTION'
      return isOver ? socket.destroySoon() : refuse(socket, statusOf(error.code))
    }
    // What cannot be read came behind this request, which is whole and will be answered.
    if (due.req.complete) return connection.endWithLatest()
    // Its own body is what cannot be read. Without a socket, it is not its turn yet.
    if (due.headersSent || due.socket === null) return socket.destroy()
    refuse(socket, statusOf(error.code))
  })
}

/** What is told of an answer that is nothing but a status and its name. */
export function refusalOf({ remoteAddress: ip }: Socket, status: number): Refusal {
  return { status, contentLength: (STATUS_CODES[status] ?? '').length, ip: ip && unmapped(ip) }
}

function end(socket: Socket, status: number): void {
  socket.end(rawResponse(status))
  // Time to read that, not more: a handler may wait for the rest of a body that cannot come any more.
  const timer = setTimeout(() => socket.destroy(), refusalPatience)
  socket.once('close', () => clearTimeout(timer))
}

/** Whether the client went away in the midst of a request. */
function hasLeft({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'HPE_INVALID_EOF_STATE'
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
}
