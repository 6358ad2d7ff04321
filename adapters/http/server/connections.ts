import type { Socket } from 'node:net'
import { Connection } from './connection.ts'
import { cutStalled } from './stalled-clients.ts'

const tracked = Symbol('connection')

type TrackedSocket = Socket & { [tracked]?: Connection | undefined }

/** How long a connection may live; times in milliseconds. */
export interface ConnectionLimits {
  readonly keepaliveTimeout: number
  readonly maxKeepaliveRequests: number
  readonly maxKeepaliveTime: number
  /** 0 for no limit. */
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

  /** Whether a connection is left that speaks HTTP. */
  get anyOpen(): boolean {
    return this.#open.size > 0
  }

  add(socket: TrackedSocket): void {
    // A connection whose wish to be upgraded was ignored starts over.
    if (socket[tracked]) return
    const { keepaliveTimeout, maxKeepaliveRequests, maxKeepaliveTime, sendTimeout } = this.#limits
    if (sendTimeout > 0) this.#stalls ??= cutStalled(this.#open, sendTimeout)
    const share = 1 - spread * Math.random()
    const maxRequests = keepaliveTimeout === 0 ? 1 : Math.ceil(maxKeepaliveRequests * share)
    const connection = new Connection(socket, maxRequests, maxKeepaliveTime * share)
    socket[tracked] = connection
    // node knows the peer of a closed socket only when it was asked before, and the access log wants it.
    void socket.remoteAddress
    this.#open.add(connection)
    // One listener for each connection, not for each request: it would cost as much as the routing.
    socket.once('close', () => {
      this.#open.delete(connection)
      this.#upgraded.delete(socket)
      connection.abandon()
    })
  }

  /** What is known of a socket; undefined when it was not added, as that of an injected request. */
  of(socket: TrackedSocket): Connection | undefined {
    return socket[tracked]
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

  /** Closes idle connections, and has the others close after their answer. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const connection of this.#open) connection.endWithLatest()
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
