import type { RawData, WebSocket } from 'ws'
import type { Actor, Deliver } from '../../kernel/adapter-kit.ts'
import { type Adapter, type Bus, getLogger } from '../../kernel/index.ts'
import type { Upgrade } from '../http/index.ts'
import type { HandshakeRequest } from './client-socket.ts'
import { connected } from './client-socket.ts'
import { Connection, type Shared } from './connection.ts'
import { createHandshake, type Handshaker } from './handshake.ts'
import type { ResolvedWebsocketOptions } from './options.ts'
import { Rooms } from './rooms.ts'

/** How many milliseconds the closing handshake of a client may take; then its connection is destroyed. */
export const closePatience = 2_000

const owner = Symbol('connection')

type OwnedSocket = WebSocket & { [owner]?: Connection }

/** The open connections of an adapter that runs. */
export class Connections {
  readonly rooms = new Rooms()
  readonly #adapter: Adapter
  readonly #bus: Bus
  readonly #shared: Shared
  readonly #handshake: Handshaker
  readonly #heart: NodeJS.Timeout
  readonly #open = new Set<Connection>()
  readonly #waiting: (() => void)[] = []
  #isDraining = false

  constructor(adapter: Adapter, options: ResolvedWebsocketOptions, deliver: Deliver, bus: Bus) {
    const { pingInterval, pingTimeout, sendTimeout, highWaterMark, sendLimit } = options
    this.#adapter = adapter
    this.#bus = bus
    this.#handshake = createHandshake(options, closePatience)
    // A quarter of the shortest limit, so that no limit is exceeded by more than that.
    const beat = Math.min(1_000, Math.min(pingInterval, pingTimeout, sendTimeout) / 4)
    const beats = (milliseconds: number) => Math.ceil(milliseconds / beat)
    const pingAfter = beats(pingInterval)
    this.#shared = {
      deliver,
      rooms: this.rooms,
      warned: new Set(),
      limits: {
        highWaterMark,
        sendLimit,
        pingAfter,
        deadAfter: pingAfter + beats(pingTimeout),
        stuckAfter: beats(sendTimeout),
      },
      ended: (connection) => this.#ended(connection),
    }
    this.#heart = setInterval(() => {
      for (const { link } of this.#open) link.beat()
    }, beat)
  }

  /** Answers the handshake, and calls the actor. */
  accept(upgrade: Upgrade<HandshakeRequest>, actor: Actor): void {
    if (this.#isDraining) return upgrade.refuse(503)
    this.#handshake(upgrade, (ws: OwnedSocket) => {
      const connection = new Connection(ws, upgrade.socket, actor, upgrade, this.#shared)
      ws[owner] = connection
      ws.on('message', onMessage).on('ping', onPing).on('close', onClose).on('error', onError)
      this.#open.add(connection)
      if (this.#bus.watched(connected)) this.#tell(connection)
      connection.opened()
    })
  }

  /** Accepts no more connections. Closes idle ones at once, the others when their messages have been handled. */
  drain(): void {
    this.#isDraining = true
    for (const connection of [...this.#open]) connection.drain()
  }

  /** Resolves when a drain is complete: all connections are closed and their handlers are done. */
  async drained(): Promise<void> {
    if (!this.#isDraining || this.#open.size === 0) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Closes all connections, also those with a running handler. Resolves like `drained`. */
  async close(): Promise<void> {
    this.#isDraining = true
    for (const connection of [...this.#open]) connection.close(1_001)
    await this.drained()
    clearInterval(this.#heart)
  }

  #ended(connection: Connection): void {
    this.#open.delete(connection)
    if (this.#bus.watched(connected)) this.#tell(connection)
    if (this.#open.size === 0) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #tell({ id, request, actor, closed, hasFailed, openedAt }: Connection): void {
    const elapsed = performance.now() - openedAt
    const adapter = this.#adapter
    this.#bus.emit(connected, { adapter, id, request, actor, code: closed?.code, hasFailed, elapsed })
  }
}

// All connections share these listeners: closures for each would take memory as long as it is open.

function onMessage(this: OwnedSocket, data: RawData, isBinary: boolean): void {
  // A Buffer, by the default of ws.
  this[owner]?.received(data as Buffer, isBinary)
}

function onPing(this: OwnedSocket, payload: Buffer): void {
  this[owner]?.link.pong(payload)
}

function onClose(this: OwnedSocket, code: number, reason: Buffer): void {
  this[owner]?.ended(code, reason.toString())
}

/** ws itself closes with the right code: 1002, 1007 or 1009. */
function onError(this: OwnedSocket, error: Error): void {
  const connection = this[owner]
  if (!connection) return
  connection.hasFailed = true
  getLogger('tomodachi.websocket').debug('a client broke the protocol', { reason: error.message })
}
