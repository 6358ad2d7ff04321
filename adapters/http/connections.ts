import type { Socket } from 'node:net'

const tracked = Symbol('connection')

/** What is known of a connection: whether it works, and since when it does not. */
export interface Connection {
  /** Requests that have not been answered. */
  active: number
  /** When the last answer ended, in milliseconds since the epoch. */
  idleSince: number
}

type TrackedSocket = Socket & { [tracked]?: Connection }

/**
 * How long, in milliseconds, a connection that has just been in use may still bring a request when a drain begins.
 * A client that sends one request after the other has its next one on the way already; closing at that moment would
 * lose it. A connection that has been idle for longer is closed at once.
 */
const grace = 250

/** The open connections of a server, and how they end. */
export class Connections {
  readonly #open = new Set<TrackedSocket>()
  #draining = false
  #timer: NodeJS.Timeout | undefined

  /** Whether answers have to say `Connection: close`. */
  get draining(): boolean {
    return this.#draining
  }

  add(socket: TrackedSocket): void {
    socket[tracked] = { active: 0, idleSince: Date.now() }
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
  }

  /** A request has come. Sockets that were not added, as those of injected requests, are left alone. */
  requested(socket: TrackedSocket): void {
    const connection = socket[tracked]
    if (connection) connection.active++
  }

  /** A request has been answered to its end. */
  answered(socket: TrackedSocket): void {
    const connection = socket[tracked]
    if (!connection) return
    connection.active--
    connection.idleSince = Date.now()
    if (this.#draining && connection.active === 0) socket.destroySoon()
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
    const open = [...this.#open]
    const closed = Promise.all(
      open.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
    )
    const timer = setTimeout(() => {
      for (const socket of open) socket.destroy()
    }, patience)
    await closed
    clearTimeout(timer)
    clearTimeout(this.#timer)
  }

  #closeIdle(idleFor: number): void {
    const before = Date.now() - idleFor
    for (const socket of this.#open) {
      const { active, idleSince } = socket[tracked] as Connection
      if (active === 0 && idleSince <= before) socket.destroySoon()
    }
  }
}
