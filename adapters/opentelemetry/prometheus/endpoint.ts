import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bind, spawn } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'
import { expositionFor } from './exposition.ts'
import type { Family } from './family.ts'

/** Milliseconds that a scrape may still take when the endpoint is closed. */
const patience = 300
/** Milliseconds that a client may take to send a request, or to read its answer. */
const slowest = 10_000
/** Milliseconds that an idle connection stays open: longer than the usual time between two scrapes. */
const keepAlive = 65_000
/** Milliseconds between two looks for those that are slower. */
const looking = 2_000
const mostConnections = 100

const log = () => getLogger('tomodachi.opentelemetry')

/** An endpoint that listens. */
export interface Endpoint {
  readonly url: string
  /** Gives the port back. Connections that are there stay, so that a drain can be watched. */
  pause(): void
  /** Resolves when no socket is left. */
  close(): Promise<void>
}

/** Answers `GET /metrics` with what `read` gives. Rejects with `ADDRESS_IN_USE` and `ADDRESS_NOT_AVAILABLE`. */
export async function openEndpoint(
  { host, port }: { readonly host: string; readonly port: number },
  read: () => Promise<readonly Family[]>,
): Promise<Endpoint> {
  const limits = {
    keepAliveTimeout: keepAlive,
    requestTimeout: slowest,
    headersTimeout: slowest,
    connectionsCheckingInterval: looking,
  }
  const fresh = new Set<Socket>()
  const server = createServer(limits, (request, response) => {
    fresh.delete(request.socket)
    response.setTimeout(slowest, () => response.destroy())
    spawn('answering a scrape', () => answer(request, response, read))
  })
  limitConnections(server)
  server.on('connection', (socket) => {
    fresh.add(socket)
    socket.once('close', () => fresh.delete(socket))
  })
  await bind(server, { host, port })
  server.on('error', (error) => log().warn('the endpoint for Prometheus could not accept', { error }))
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/metrics`,
    // That of the HTTP server would end connections as well.
    pause: () => void NetServer.prototype.close.call(server),
    close: () => closed(server, fresh),
  }
}

/** A client that keeps its connections does not keep others out for long. */
function limitConnections(server: Server): void {
  server.maxConnections = mostConnections
  server.once('drop', () =>
    log().warn('the endpoint for Prometheus closes idle connections: it has too many', {
      connections: mostConnections,
    }),
  )
  server.on('drop', () => server.closeIdleConnections())
}

/** The request of a connection that has just been accepted may be on its way. */
async function closed(server: Server, fresh: ReadonlySet<Socket>): Promise<void> {
  const end = performance.now() + patience
  while (fresh.size > 0 && performance.now() < end) await sleep(5)
  const cut = setTimeout(() => server.closeAllConnections(), patience)
  try {
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeIdleConnections()
    })
    // It may have stopped listening before: then it does not wait for its connections.
    while (await hasConnections(server)) await sleep(5)
  } finally {
    clearTimeout(cut)
  }
}

function hasConnections(server: Server): Promise<boolean> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(!error && count > 0)))
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  read: () => Promise<readonly Family[]>,
): Promise<void> {
  const { method, url = '', headers } = request
  // Nobody reads what comes with a request.
  request.resume()
  if (url.split('?', 1)[0] !== '/metrics') return reply(response, 404, 'the metrics are at /metrics\n')
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return reply(response, 405, 'only GET and HEAD\n')
  }
  try {
    const exposition = expositionFor(headers.accept)
    reply(response, 200, exposition.write(await read()), exposition.contentType)
  } catch (error) {
    log().error('the metrics could not be read', { error })
    reply(response, 500, 'the metrics could not be read\n')
  }
}

function reply(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    vary: 'accept',
  })
  response.end(text)
}
