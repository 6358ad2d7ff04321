import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { reasonOf, TomodachiError } from '../../kernel/index.ts'
import type { Connections } from './connections.ts'
import type { ResolvedOptions } from './options.ts'
import { rawResponse } from './writer.ts'

/** After the last answer, milliseconds for clients to read it. */
const flushPatience = 2_000
/** After a request that is no HTTP, milliseconds for its client to read so and to close. */
const refusalPatience = 500

/** A server that listens. */
export interface Listening {
  readonly url: string
  readonly port: number
  /** Accepts no more connections, closes idle ones and has the others close after their answer. */
  drain(): void
  /** Resolves when no socket is left. */
  close(): Promise<void>
}

/**
 * Listens. Rejects with `ADDRESS_IN_USE` when the port is taken, and with `ADDRESS_NOT_AVAILABLE` when the host is not
 * of this machine or the port not permitted.
 */
export async function listen(
  options: ResolvedOptions,
  connections: Connections,
  listener: RequestListener,
): Promise<Listening> {
  const { host, port, keepaliveTimeout } = options
  const keepAliveTimeout = Math.ceil(keepaliveTimeout * 1_000)
  const server = createServer({ keepAliveTimeout, noDelay: true }, listener)
  server.on('connection', (socket) => connections.add(socket))
  server.on('clientError', refuse)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, `${host}:${port}`)))
    server.listen({ host, port }, resolve)
  })
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://${urlHost(host)}:${actual}`,
    port: actual,
    drain() {
      // Not the HTTP server's own close, which would also end connections whose next request is on its way.
      NetServer.prototype.close.call(server)
      connections.drain()
    },
    async close() {
      await connections.close(flushPatience)
      await ended(server)
    },
  }
}

/** Ends the server's own timer too, and resolves when it has closed; it may have stopped listening before. */
function ended(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function listenError(error: NodeJS.ErrnoException, address: string): TomodachiError {
  if (error.code === 'EADDRINUSE') return new TomodachiError('ADDRESS_IN_USE', { address }, { cause: error })
  return new TomodachiError(
    'ADDRESS_NOT_AVAILABLE',
    { address, reason: error.code ?? reasonOf(error) },
    { cause: error },
  )
}

/** Answers what is no HTTP, as far as the socket still takes an answer. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  socket.end(rawResponse(statusOf(error.code)))
  // Time to read that, not more: a handler may wait for the rest of a body that cannot come any more.
  const timer = setTimeout(() => socket.destroy(), refusalPatience)
  socket.once('close', () => clearTimeout(timer))
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
}

/** A host that can stand in a URL; an address for all interfaces becomes that of the loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
