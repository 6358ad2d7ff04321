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
 * How long, in milliseconds, a recently used connection may still send a request after a drain has begun. The next request
 * of a busy client is already on its way, and closing now would lose it. A connection that has been idle for longer is closed
 * at once.
 */
const grace = 1_000

/** The limit of each connection is up to this share below the given one, so that they do not all end together. */
const spread = 0.1

/** The open connections of a server, and how they end. */
export class Connections {
  readonly #limits: ConnectionLimits
  readonly #open = new Set<Connection>()
  /** Sockets that have switched to another protocol. */
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

  /** Whether an HTTP connection is open. */
  get anyOpen(): boolean {
    return this.#open.size > 0
  }

  add(socket: TrackedSocket): void {
    // A connection whose upgrade was ignored is added again.
    if (socket[tracked]) return
    const { keepaliveTimeout, maxKeepaliveRequests, maxKeepaliveTime, sendTimeout } = this.#limits
    if (sendTimeout > 0) this.#stalls ??= cutStalled(this.#open, sendTimeout)
    const share = 1 - spread * Math.random()
    const maxRequests = keepaliveTimeout === 0 ? 1 : Math.ceil(maxKeepaliveRequests * share)
    const connection = new Connection(socket, maxRequests, maxKeepaliveTime * share)
    socket[tracked] = connection
    // The access log needs the peer of a closed socket, which node remembers only if it was read before.
    void socket.remoteAddress
    this.#open.add(connection)
    // One listener for each connection: one for each request would cost as much as the routing.
    socket.once('close', () => {
      this.#open.delete(connection)
      this.#upgraded.delete(socket)
      connection.abandon()
    })
  }

  /** The connection of a socket; undefined for a socket that was not added, such as that of an injected request. */
  of(socket: TrackedSocket): Connection | undefined {
    return socket[tracked]
  }

  /** Forgets a socket that is about to be handled anew. */
  remove(socket: TrackedSocket): void {
    if (socket[tracked]) this.#open.delete(socket[tracked])
    socket[tracked] = undefined
  }

  /** A connection switches to another protocol. From now on no drain waits for it, but `close` still ends it. */
  upgraded(socket: TrackedSocket): void {
    if (socket[tracked]) this.#open.delete(socket[tracked])
    this.#upgraded.add(socket)
  }

  /** Closes idle connections at once, and the others after their answer. */
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

  /** Waits until the event loop has read from its sockets: a connection with a request that has arrived is not idle. */
  #closeIdle(idleFor: number): void {
    const before = performance.now() - idleFor
    setImmediate(() => {
      for (const { socket, active, idleSince } of this.#open) {
        if (active === 0 && idleSince <= before) socket.destroySoon()
      }
    })
  }
}
