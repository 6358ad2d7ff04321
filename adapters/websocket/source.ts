import type { IncomingMessage } from 'node:http'
import type { MaybePromise } from '../../kernel/adapter-kit.ts'
import type { Adapter, AnyMiddleware, HandlerContext, Source } from '../../kernel/index.ts'
import type { Connection } from './connection.ts'
import type { Message } from './frame.ts'

/** What the adapter reads of the request that asks for a websocket; whatever else it has, handlers get too. */
export interface HandshakeRequest {
  readonly raw: IncomingMessage
  readonly path: string
  readonly ip: string | undefined
}

/** One client, as handlers see it. */
export interface ClientSocket {
  /** Identity of the connection, a UUID. */
  readonly id: string
  /** The subprotocol that was agreed upon; empty for none. */
  readonly protocol: string
  /** False from the moment at which either side begins to close. */
  readonly isOpen: boolean
  /** Aborts when the connection has closed. */
  readonly signal: AbortSignal
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number
  /**
   * Sends a text message for a string, a binary one for bytes. Returns a promise when more than `highWaterMark` bytes
   * wait: it resolves when the client has taken this message, or when it never will. Does nothing once the connection
   * is closing. Throws `OPTION_INVALID` for anything else.
   */
  send(message: Message): MaybePromise<void>
  /**
   * Begins to close, with a code (RFC 6455, 7.4; default 1000) and a reason of at most 123 bytes. Messages that wait to
   * be handled are dropped. Does nothing once the connection is closing. Throws `OPTION_INVALID`.
   */
  close(code?: number, reason?: string): void
  /** Joins a room; `to(room)` of the adapter then reaches this client. It leaves all rooms by itself when it closes. */
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
  /** What has happened. The handler itself is only called for `open`; middleware runs for each. */
  readonly event: 'open' | 'message' | 'close'
}

/** How a connection ended: 1006 means without a closing handshake (RFC 6455, 7.1.5). */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** Handles a message: a string for text, a Buffer for binary. What it returns is waited for and not sent; `socket.send` sends. */
export type MessageHandler<Given = object> = (
  data: string | Buffer,
  context: HandlerContext & Given,
) => unknown

/** Is told that the connection has ended, after the last message was handled. */
export type CloseHandler<Given = object> = (closed: Closed, context: HandlerContext & Given) => unknown

/** What a handler of connections may return: how messages and the close are handled. Nothing at all is fine too. */
export type WebsocketReply<Given = object> =
  | { readonly message?: MessageHandler<Given>; readonly close?: CloseHandler<Given> }
  | readonly [message: MessageHandler<Given> | undefined, close?: CloseHandler<Given>]
  | undefined
  | null
  // A handler that returns nothing has the type void.
  // biome-ignore lint/suspicious/noConfusingVoidType: see above
  | void

/** A source of connections. */
export interface WebsocketSource extends Source<WebsocketGiven<unknown>, WebsocketReply> {
  readonly path: string | RegExp
}

/** Makes the source of a path. */
export function pathSource(
  adapter: Adapter,
  use: readonly AnyMiddleware[],
  path: string | RegExp,
): WebsocketSource {
  return {
    adapter,
    transport: 'websocket',
    keepsAsyncContext: true,
    address: path instanceof RegExp ? path.source : path,
    use,
    path,
    runs: (handler) => (context: WebsocketGiven<unknown>) =>
      // No other socket is ever given, and no middleware can replace it.
      (context.socket as Connection).handle(context as never, handler as never),
  }
}
