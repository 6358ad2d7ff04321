import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Delivery } from '../../../kernel/index.ts'
import type { Answer } from '../reply/reply.ts'
import { cutStalled } from './stalls.ts'

const tracked = Symbol('connection')

type TrackedSocket = Socket & { [tracked]?: Connection | undefined }

/** What is known of a connection. */
export interface Connection {
  readonly socket: Socket
  /** Requests that have not been answered. More than one when the client sends without waiting. */
  active: number
  /** When the last answer ended, in milliseconds of `performance.now()`. */
  idleSince: number
  /** The delivery whose handler runs; it learns when the client goes away. */
  pending: Delivery | undefined
  /** Further ones, of a client that sends requests without waiting for answers. */
  pipelined: Set<Delivery> | undefined
  /** The answer to the latest request, until no answer is due. */
  latest: ServerResponse | undefined
  /** The answer with which it ends. */
  final: ServerResponse | undefined
  /** Requests that it still may bring. */
  requestsLeft: number
  /** When its next request is its last one, in milliseconds of `performance.now()`. */
  readonly agedAt: number
}

/** How long a connection may live. */
export interface ConnectionLimits {
  /** In seconds. */
  readonly keepaliveTimeout: number
  readonly maxKeepaliveRequests: number
  /** In seconds. */
  readonly maxKeepaliveTime: number
  /** In seconds; 0 for no limit. */
  readonly sendTimeout: number
}

/**
 * How long, in milliseconds, a connection that has just been in use may still bring a request when a drain begins.
 * A client that sends one request after the other has its next one on the way already; closing at that moment would
 * lose it. A connection that has been idle for longer is closed at once.
 */
const grace = 1_000

/** Limits of single connections lie up to this much below the given one, so that they do not all end together. */
const spread = 0.1

/** The open connections of a server, and how they end. */
export class Connections {
  readonly #limits: ConnectionLimits
  readonly #open = new Set<Connection>()
  /** Sockets that have left HTTP. */
  readonly #upgraded = new Set<Socket>()
  #draining = false
  #timer: NodeJS.Timeout | undefined
  #stalls: NodeJS.Timeout | undefined

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  get draining(): boolean {
    return this.#draining
  }

  add(socket: TrackedSocket): void {
    // A connection whose wish to be upgraded was ignored starts over.
    if (socket[tracked]) return
    const { keepaliveTimeout, maxKeepaliveRequests, maxKeepaliveTime, sendTimeout } = this.#limits
    if (sendTimeout > 0) this.#stalls ??= cutStalled(this.#open, sendTimeout)
    const now = performance.now()
    const share = 1 - spread * Math.random()
    const connection: Connection = {
      socket,
      active: 0,
      idleSince: now,
      pending: undefined,
      pipelined: undefined,
      latest: undefined,
      final: undefined,
      requestsLeft: keepaliveTimeout === 0 ? 1 : Math.ceil(maxKeepaliveRequests * share),
      agedAt: now + maxKeepaliveTime * 1_000 * share,
    }
    socket[tracked] = connection
    // node knows the peer of a closed socket only when it was asked before, and the access log wants it.
    void socket.remoteAddress
    this.#open.add(connection)
    // One listener for each connection, not for each request: it would cost as much as the routing.
    socket.once('close', () => {
      this.#open.delete(connection)
      this.#upgraded.delete(socket)
      const { pending, pipelined } = connection
      for (const delivery of pipelined ?? []) delivery.abandon('the client closed the connection')
      pending?.abandon('the client closed the connection')
    })
  }

  /** Forgets a socket that something else goes on with. */
  remove(socket: TrackedSocket): void {
    if (socket[tracked]) this.#open.delete(socket[tracked])
    socket[tracked] = undefined
  }

  /** A connection leaves HTTP. No drain waits for it any more; `close` still ends it. */
  upgraded(socket: TrackedSocket): void {
    if (socket[tracked]) this.#open.delete(socket[tracked])
    this.#upgraded.add(socket)
  }

  /**
   * Whether a request is taken. None is that comes behind the answer with which its connection ends (RFC 9112, 9.6):
   * its client learns that it was not processed, and may send it again.
   */
  admits(socket: TrackedSocket, response: ServerResponse): boolean {
    const connection = socket[tracked]
    if (connection === undefined) return true
    if (connection.final !== undefined) return false
    connection.latest = response
    if (--connection.requestsLeft <= 0 || this.#draining || hasAged(connection)) end(connection)
    return true
  }

  /** A request has come. Undefined for a socket that was not added, as that of an injected request. */
  requested(socket: TrackedSocket): Connection | undefined {
    const connection = socket[tracked]
    if (connection) connection.active++
    return connection
  }

  /** A handler goes on after the call that started it. */
  runs(connection: Connection, delivery: Delivery): void {
    if (connection.pending === undefined) connection.pending = delivery
    else {
      connection.pipelined ??= new Set()
      connection.pipelined.add(delivery)
    }
  }

  /** An answer goes out. No request is taken behind one that says itself that its connection ends. */
  answering(connection: Connection, response: ServerResponse, headers: Answer['headers']): void {
    for (let at = 0; at < headers.length; at += 2)
      if (/^connection$/i.test(headers[at] as string) && /\bclose\b/i.test(headers[at + 1] as string))
        connection.final ??= response
  }

  /** A request has been answered to its end; `delivery` is the one that went on, if any did. */
  answered(connection: Connection, delivery: Delivery | undefined): void {
    if (delivery !== undefined) {
      if (connection.pending === delivery) connection.pending = undefined
      else connection.pipelined?.delete(delivery)
    }
    connection.idleSince = performance.now()
    // An idle connection need not keep its last request in memory.
    if (--connection.active === 0) connection.latest = undefined
  }

  /** What is known of a socket; undefined when it was not added. */
  of(socket: TrackedSocket): Connection | undefined {
    return socket[tracked]
  }

  /** Has a connection end with the answer to its next request. */
  endWithNext(socket: TrackedSocket): void {
    if (socket[tracked]) socket[tracked].requestsLeft = 1
  }

  /** Has a connection end with the answer to its latest request, if that is due. */
  endWithLatest(socket: TrackedSocket): void {
    if (socket[tracked]) end(socket[tracked])
  }

  /** Closes idle connections, and has the others close after their answer. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const connection of this.#open) end(connection)
    this.#closeIdle(grace)
    this.#timer = setTimeout(() => this.#closeIdle(0), grace)
  }

  /** Resolves when no connection is left. After `patience` milliseconds those that do not drain are destroyed. */
  async close(patience: number): Promise<void> {
    const sockets = [...[...this.#open].map(({ socket }) => socket), ...this.#upgraded]
    const closed = Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    )
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, patience)
    await closed
    clearTimeout(timer)
    clearTimeout(this.#timer)
    clearInterval(this.#stalls)
  }

  /** Only after the event loop has read from its sockets: a request that has arrived is no idleness. */
  #closeIdle(idleFor: number): void {
    const before = performance.now() - idleFor
    setImmediate(() => {
      for (const { socket, active, idleSince } of this.#open) {
        if (active === 0 && idleSince <= before) socket.destroySoon()
      }
    })
  }
}

/** Has a connection end with the answer to its latest request, if that is due. */
function end(connection: Connection): void {
  const { latest, final, socket } = connection
  if (latest === undefined || final !== undefined) return
  connection.final = latest
  // node says "Connection: close" then, unless it has said something else already.
  latest.shouldKeepAlive = false
  latest.once('finish', () => socket.destroySoon())
}

function hasAged({ agedAt }: Connection): boolean {
  return agedAt !== Number.POSITIVE_INFINITY && performance.now() >= agedAt
}
