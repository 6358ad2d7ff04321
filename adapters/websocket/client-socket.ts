import type { IncomingMessage } from 'node:http'
import type { Actor, MaybePromise } from '../../kernel/adapter-kit.ts'
import type { Adapter, BusEvent } from '../../kernel/index.ts'
import type { Message } from './frame.ts'

/** What the adapter reads of the request that asks for a websocket. Handlers get the whole request. */
export interface HandshakeRequest {
  readonly raw: IncomingMessage
  readonly path: string
  readonly ip: string | undefined
}

/** One client, as handlers see it. */
export interface ClientSocket {
  /** Identity of the connection, a UUID. */
  readonly id: string
  /** The agreed subprotocol; empty for none. */
  readonly protocol: string
  /** Whether the connection is open. False as soon as either side begins to close. */
  readonly isOpen: boolean
  /** Aborts when the connection has closed. */
  readonly signal: AbortSignal
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number
  /**
   * Sends a string as a text message, and bytes as a binary one. If more than `highWaterMark` bytes wait, it returns a
   * promise, which resolves when this message has been sent or is lost. Does nothing once the connection is closing.
   * Throws `OPTION_INVALID` for anything else.
   */
  send(message: Message): MaybePromise<void>
  /**
   * Begins to close, with a code (RFC 6455, 7.4; default 1000) and a reason of at most 123 bytes. Messages that have not been
   * handled yet are dropped. Does nothing once the connection is closing. Throws `OPTION_INVALID`.
   */
  close(code?: number, reason?: string): void
  /** Joins a room; `to(room)` of the adapter then reaches this client. A socket that closes leaves all its rooms. */
  join(room: string): void
  leave(room: string): void
}

/** What handlers and middleware are given for everything that happens on a connection. */
export interface WebsocketGiven<Request, Params = Readonly<Record<string, string>>> {
  readonly socket: ClientSocket
  /** The request that asked for the websocket. */
  readonly request: Request
  /** What the path captured, percent-decoded. */
  readonly params: Params
  /** What has happened. Middleware runs for each event, the handler only for `open`. */
  readonly event: 'open' | 'message' | 'close'
}

/** How a connection ended: 1006 means without a closing handshake (RFC 6455, 7.1.5). */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** Emitted on the bus when a connection has opened, and when it has ended. */
export interface Connected {
  /** The adapter of the connection: the bus reports the connections of all adapters of its kernel. */
  readonly adapter: Adapter
  readonly id: string
  readonly request: HandshakeRequest
  readonly actor: Actor
  /** The close code; undefined when the connection has opened. 1006 means that it ended without a closing handshake. */
  readonly code: number | undefined
  /** Whether it ended because a handler failed, or because the client was cut off or broke the protocol. */
  readonly hasFailed: boolean
  /** Milliseconds that it was open. */
  readonly elapsed: number
}

/** Name of the event. */
export const connected: BusEvent<Connected> = 'websocket.connected'
