import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import type { Refusal } from '../access/request-events.ts'
import type { ResolvedHttpOptions } from '../options/options.ts'
import type { Connections } from './connections.ts'
import { reportDrops } from './dropped-connections.ts'
import { faultOf, maxHeaders, refusalOf, refuseBroken, refuseHead } from './refusal.ts'
import { trackHandshakes } from './tls-handshakes.ts'
import { inviteOnRead, lingerAtEnd } from './unread-body.ts'

/** After the last answer, milliseconds for clients to read it; less than the kernel gives to a close. */
const flushPatience = 1_500
/** Milliseconds for connections that wait to be accepted. Shorter than the time that they then have for a request. */
const backlogPatience = 200
/** The same where a port is shared, and how long none may have come by then. */
const sharedPatience = 2_000
const sharedQuiet = 100
/** Milliseconds between two looks for connections that send too slowly, at most. */
const longestCheck = 1_000

/** Takes a request that asks for an upgrade, or has the method CONNECT. */
export type UpgradeListener = (server: Server, raw: IncomingMessage, socket: Socket, head: Buffer) => void

/** What takes what comes. */
export interface Listeners {
  readonly request: RequestListener
  readonly upgrade: UpgradeListener
  /** Whether a request that asks for an upgrade comes to `upgrade`; else it is one as any other. */
  readonly shouldUpgrade: (raw: IncomingMessage) => boolean
  /** Told of what was refused before it was a request. */
  readonly refused: (refusal: Refusal) => void
}

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
 * of this machine or the port not permitted. `refused` is told of what was no request, and answered nevertheless.
 */
export async function listen(
  options: ResolvedHttpOptions,
  connections: Connections,
  { request, upgrade, shouldUpgrade, refused }: Listeners,
): Promise<Listening> {
  const { host, port, reusePort, tls } = options
  const server = create(options, connections, shouldUpgrade)
  takeRequests(server, options, connections, request, refused)
  refuseBroken(server, connections, refused)
  for (const event of ['upgrade', 'connect'] as const)
    server.on(event, (raw, socket, head) => upgrade(server, raw, socket as Socket, head))
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error) => reject(listenError(error, `${host}:${port}`))
    server.once('error', failed)
    server.listen({ host, port, reusePort }, () => {
      server.off('error', failed)
      resolve()
    })
  })
  reportDrops(server)
  const { port: actual } = server.address() as AddressInfo
  let draining: Promise<void> | undefined
  return {
    url: `${tls ? 'https' : 'http'}://${urlHost(host)}:${actual}`,
    port: actual,
    drain() {
      connections.drain()
      draining ??= (reusePort ? sharedElsewhere(server, connections) : acceptedAll(server)).then(() => {
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

function create(
  options: ResolvedHttpOptions,
  connections: Connections,
  shouldUpgradeCallback: (raw: IncomingMessage) => boolean,
): Server {
  const { tls, maxHeaderSize, maxConnections } = options
  const requestTimeout = Math.ceil(options.requestTimeout)
  // The time of a whole request is that of its head too; node wants to be told so.
  const headersTimeout = Math.min(
    Math.ceil(options.headersTimeout) || requestTimeout,
    requestTimeout || Number.POSITIVE_INFINITY,
  )
  const limits = {
    keepAliveTimeout: Math.ceil(options.keepaliveTimeout),
    requestTimeout,
    headersTimeout,
    connectionsCheckingInterval: checkingInterval(headersTimeout, requestTimeout),
    maxHeaderSize,
    // node would refuse a head without one, and go on with what stands behind it.
    requireHostHeader: false,
    noDelay: true,
    shouldUpgradeCallback,
  }
  const handshake = headersTimeout === 0 ? {} : { handshakeTimeout: headersTimeout }
  const server = tls ? createHttpsServer({ ...limits, ...tls, ...handshake }) : createServer(limits)
  server.maxConnections = maxConnections
  server.maxHeadersCount = maxHeaders
  if (server instanceof HttpsServer) trackHandshakes(server, connections)
  else server.on('connection', (socket) => connections.add(socket))
  return server
}

/** A tenth of the shortest limit, within reason. */
function checkingInterval(...limits: readonly number[]): number {
  return Math.ceil(
    Math.min(longestCheck, Math.max(20, Math.min(...limits.filter((limit) => limit > 0)) / 10)),
  )
}

function takeRequests(
  server: Server,
  { clientMaxSize }: ResolvedHttpOptions,
  connections: Connections,
  listener: RequestListener,
  refused: (refusal: Refusal) => void,
): void {
  const take: RequestListener = (request, response) => {
    const connection = connections.of(request.socket)
    if (connection?.admits(response, connections.draining) === false) return
    const fault = faultOf(request)
    if (fault === undefined) return listener(request, response)
    lingerAtEnd(request, request.socket, clientMaxSize)
    connection?.endWithLatest()
    refuseHead(response, fault)
    refused(refusalOf(request.socket, fault))
  }
  server.on('request', take)
  server.on('checkContinue', (request, response) => {
    inviteOnRead(request, response)
    take(request, response)
  })
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

/**
 * The same where other processes listen on the port too: until none is open, and none has come for a while. The system
 * goes on to share connections out to us until the end, and whoever is told to leave comes back, perhaps to us, until all
 * are with the others.
 */
async function sharedElsewhere(server: Server, connections: Connections): Promise<void> {
  let connectedAt = performance.now()
  const note = () => {
    connectedAt = performance.now()
  }
  server.on('connection', note)
  const end = connectedAt + sharedPatience
  for (let now = connectedAt; now < end && now < connectedAt + sharedQuiet; now = performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, sharedQuiet / 10))
    if (connections.anyOpen) note()
  }
  await acceptedAll(server)
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

/** A host that can stand in a URL; an address for all interfaces becomes that of the loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
