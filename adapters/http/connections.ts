import type { Socket } from 'node:net'
import type { Delivery } from '../../kernel/index.ts'

const tracked = Symbol('connection')

type TrackedSocket = Socket & { [tracked]?: Connection }

/** What is known of a connection. */
export interface Connection {
  readonly socket: Socket
  /** Requests that have not been answered. More than one when the client sends without waiting. */
  active: number
  /** When the last answer ended, in milliseconds since the epoch. */
  idleSince: number
  /** The delivery whose handler runs; it learns when the client goes away. */
  pending: Delivery | undefined
  /** Further ones, of a client that sends requests without waiting for answers. */
  readonly pipelined: Set<Delivery>
}

/**
 * How long, in milliseconds, a connection that has just been in use may still bring a request when a drain begins.
 * A client that sends one request after the other has its next one on the way already; closing at that moment would
 * lose it. A connection that has been idle for longer is closed at once.
 */
const grace = 1_000

/** The open connections of a server, and how they end. */
export class Connections {
  readonly #open = new Set<Connection>()
  #draining = false
  #timer: NodeJS.Timeout | undefined

  /** Whether answers have to say `Connection: close`. */
  get draining(): boolean {
    return this.#draining
  }

  add(socket: TrackedSocket): void {
    const connection: Connection = {
      socket,
      active: 0,
      idleSince: Date.now(),
      pending: undefined,
      pipelined: new Set(),
    }
    socket[tracked] = connection
    // node knows the peer of a closed socket only when it was asked before, and the access log wants it.
    void socket.remoteAddress
    this.#open.add(connection)
    // One listener for each connection, not for each request: it would cost as much as the routing.
    socket.once('close', () => {
      this.#open.delete(connection)
      const { pending, pipelined } = connection
      for (const delivery of pipelined) delivery.cancel('the client closed the connection')
      pending?.cancel('the client closed the connection')
    })
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
    else connection.pipelined.add(delivery)
  }

  /** A request has been answered to its end; `delivery` is the one that went on, if any did. */
  answered(connection: Connection, delivery: Delivery | undefined): void {
    if (delivery !== undefined) {
      if (connection.pending === delivery) connection.pending = undefined
      else connection.pipelined.delete(delivery)
    }
    connection.active--
    connection.idleSince = Date.now()
    if (this.#draining && connection.active === 0) connection.socket.destroySoon()
  }

  /** Closes idle connections, and has the others close after their answer. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    this.#closeIdle(grace)
    this.#timer = setTimeout(() => this.#closeIdle(0), grace)
  }

  /** Resolves when no connection is left. After `patience` milliseconds those that do not drain are destroyed. */
  async close(patience: number): Promise<void> {
    const sockets = [...this.#open].map(({ socket }) => socket)
    const closed = Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    )
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, patience)
    await closed
    clearTimeout(timer)
    clearTimeout(this.#timer)
  }

  /** Only after the event loop has read from its sockets: a request that has arrived is no idleness. */
  #closeIdle(idleFor: number): void {
    const before = Date.now() - idleFor
    setImmediate(() => {
      for (const { socket, active, idleSince } of this.#open) {
        if (active === 0 && idleSince <= before) socket.destroySoon()
      }
    })
  }
}
