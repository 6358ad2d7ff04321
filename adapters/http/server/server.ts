import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { bind } from '../../../kernel/adapter-kit.ts'
import type { Refusal } from '../access/request-events.ts'
import type { ResolvedHttpOptions } from '../options/options.ts'
import type { Connections } from './connections.ts'
import { reportDrops } from './dropped-connections.ts'
import { faultOf, maxHeaders, refusalOf, refuseBroken, refuseHead } from './refusal.ts'
import { trackHandshakes } from './tls-handshakes.ts'
import { inviteOnRead, lingerAtEnd } from './unread-body.ts'

/** Milliseconds for clients to read the last answer; less than the kernel gives to a close. */
const flushPatience = 1_500
/** Milliseconds to accept connections that are waiting. Shorter than the time that they then have for a request. */
const backlogPatience = 200
/** The same for a shared port, and for how long none may have arrived by then. */
const sharedPatience = 2_000
const sharedQuiet = 100
/** Most milliseconds between two checks for connections that send too slowly. */
const longestCheck = 1_000

/** Takes a request that asks for an upgrade, or has the method CONNECT. */
export type UpgradeListener = (server: Server, raw: IncomingMessage, socket: Socket, head: Buffer) => void

/** What the server calls. */
export interface Listeners {
  readonly request: RequestListener
  readonly upgrade: UpgradeListener
  /** Whether a request that asks for an upgrade is passed to `upgrade`; otherwise it is an ordinary request. */
  readonly shouldUpgrade: (raw: IncomingMessage) => boolean
  /** Called when something was refused before it was a request. */
  readonly refused: (refusal: Refusal) => void
}

/** A server that listens. */
export interface Listening {
  readonly url: string
  readonly port: number
  /** Closes idle connections at once, and the others after their answer. Resolves when no new ones are accepted. */
  drain(): Promise<void>
  /** Resolves when no socket is left. */
  close(): Promise<void>
}

/**
 * Listens. Rejects with `ADDRESS_IN_USE` when the port is taken, and with `ADDRESS_NOT_AVAILABLE` when the host is not
 * of this machine or the port not permitted. `refused` is called for each answer to bytes that were not a request.
 */
export async function listen(
  options: ResolvedHttpOptions,
  connections: Connections,
  { request, upgrade, shouldUpgrade, refused }: Listeners,
): Promise<Listening> {
  const { host, reusePort, tls } = options
  const server = create(options, connections, shouldUpgrade)
  takeRequests(server, options, connections, request, refused)
  refuseBroken(server, connections, refused)
  for (const event of ['upgrade', 'connect'] as const)
    server.on(event, (raw, socket, head) => upgrade(server, raw, socket as Socket, head))
  await bind(server, options)
  reportDrops(server)
  const { port: actual } = server.address() as AddressInfo
  let draining: Promise<void> | undefined
  return {
    url: `${tls ? 'https' : 'http'}://${urlHost(host)}:${actual}`,
    port: actual,
    drain() {
      connections.drain()
      draining ??= (reusePort ? sharedElsewhere(server, connections) : acceptedAll(server)).then(() => {
        // The HTTP server's own `close` would also end connections whose next request is on its way.
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
  // The limit of a whole request is also a limit of its head; node requires it to be the larger one.
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
    // node would refuse a head without Host, and go on to read what follows it.
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
 * Resolves when no connection waits to be accepted, or after a while. The system has already connected those that wait, and their
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
    // node looks for connections within this turn, and the second turn begins after that.
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  }
  server.off('connection', note)
}

/**
 * The same for a port that other processes share: waits until no connection is open and none has arrived for a while. Until the
 * end, the system keeps assigning connections to us, and clients that we send away reconnect, perhaps to us again.
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

/** Resolves when the server has closed, which may have stopped listening before. Ends its timer too. */
function ended(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** A host that can stand in a URL; an address for all interfaces becomes that of the loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
