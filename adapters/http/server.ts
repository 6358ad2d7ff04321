import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { reasonOf, TomodachiError } from '../../kernel/index.ts'
import type { Connections } from './connections.ts'
import type { ResolvedOptions } from './options.ts'
import { rawResponse } from './writer.ts'

/** After the last answer, milliseconds for clients to read it. */
const flushPatience = 2_000
/** Milliseconds for connections that wait to be accepted. Shorter than the time that they then have for a request. */
const backlogPatience = 200
/** After a request that is no HTTP, milliseconds for its client to read so and to close. */
const refusalPatience = 500

/** A server that listens. */
export interface Listening {
  readonly url: string
  readonly port: number
  /** Closes idle connections, and has the others close after their answer. Resolves when no new ones are accepted. */
  drain(): Promise<void>
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
  let draining: Promise<void> | undefined
  return {
    url: `http://${urlHost(host)}:${actual}`,
    port: actual,
    drain() {
      connections.drain()
      draining ??= acceptedAll(server).then(() => {
        // Not the HTTP server's own close, which would also end connections whose next request is on its way.
        NetServer.prototype.close.call(server)
      })
      return draining
    },
    async close() {
      await connections.close(flushPatience)
      await ended(server)
    },
  }
}

/**
 * Resolves when no connection waits to be accepted, or after a while. The system has connected those already, and their
 * requests may be sent: closing would lose them. node accepts one in each turn of its loop.
 */
async function acceptedAll(server: Server): Promise<void> {
  let accepted = true
  const note = () => {
    accepted = true
  }
  server.on('connection', note)
  for (const end = performance.now() + backlogPatience; accepted && performance.now() < end; ) {
    accepted = false
    // The second turn begins after this one has looked for connections.
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  }
  server.off('connection', note)
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
