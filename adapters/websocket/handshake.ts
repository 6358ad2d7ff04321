import type { IncomingMessage } from 'node:http'
import type { Writable } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Upgrade } from '../http/index.ts'
import type { HandshakeRequest } from './client-socket.ts'
import type { ResolvedWebsocketOptions } from './options.ts'

/** Answers a handshake, and calls `accept` with the websocket when it has succeeded. */
export type Handshaker = (upgrade: Upgrade<HandshakeRequest>, accept: (ws: WebSocket) => void) => void

/** Sixteen bytes in base64. */
const keyPattern = /^[+/0-9A-Za-z]{22}==$/

/** Makes the function that answers handshakes (RFC 6455, 4.2). */
export function createHandshake(options: ResolvedWebsocketOptions, closeTimeout: number): Handshaker {
  const { maxPayload, protocols, origins, compression } = options
  // closeTimeout is missing in the types.
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // It would cut off a client that sends many pings at once.
    autoPong: false,
    perMessageDeflate: compression,
    maxPayload,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
    ...{ closeTimeout },
  })
  return ({ request, socket, head, refuse }, accept) => {
    const { headers } = request.raw
    if (headers['sec-websocket-version'] !== '13')
      return refuse(426, { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' })
    if (!keyPattern.test(headers['sec-websocket-key'] ?? '')) return refuse(400)
    // Only browsers send an origin. Without this check, any page could connect with the cookies of its visitor.
    if (origins && headers.origin !== undefined && !origins.has(headers.origin)) return refuse(403)
    server.handleUpgrade(asHandshake(request.raw), socket, head, (ws) => {
      endWithFirstError(ws)
      accept(ws)
    })
  }
}

/** Turns a request that offers several protocols (RFC 9110, 7.8) into one for websocket alone, as ws expects it. */
function asHandshake(raw: IncomingMessage): IncomingMessage {
  if (/^websocket$/i.test(raw.headers.upgrade ?? '')) return raw
  return Object.create(raw, { headers: { value: { ...raw.headers, upgrade: 'websocket' } } })
}

/** The part of ws that reads frames; its types leave it out. */
interface Receiving {
  readonly _receiver?: Writable
}

/**
 * Stops a websocket from reading on after a frame that breaks the protocol. node emits a stream's error in the next turn, and
 * until then hands it the chunks that were waiting. ws would read these from the middle of the broken frame: as messages, or so
 * that it throws where nobody can catch it. A ws that keeps its receiver elsewhere is left as it is.
 */
function endWithFirstError(ws: WebSocket): void {
  const { _receiver: receiver } = ws as unknown as Receiving
  if (receiver) receiver._write = write
}

/** All receivers share this function. */
function write(
  this: Writable,
  chunk: unknown,
  encoding: BufferEncoding,
  callback: (error?: Error | null) => void,
): void {
  if (this.errored) callback()
  else Object.getPrototypeOf(this)._write.call(this, chunk, encoding, callback)
}
