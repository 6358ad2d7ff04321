import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { MaybePromise } from '../../../kernel/adapter-kit.ts'
import { isRead } from '../request/body.ts'
import type { Connection } from './connection.ts'

/** Up to this many bytes, the rest of a body is read, so that the connection can be used again. */
const smallRest = 262_144
/** A connection that ends reads at least this many bytes of the rest, even where the limit of bodies is lower. */
const smallestLinger = 1_048_576
/** Milliseconds after an answer for the rest of an unread body. */
const restPatience = 5_000

/** Requests whose clients wait for a `100 Continue` before they send the body (RFC 9110, 10.1.1). */
const uninvited = new WeakSet<IncomingMessage>()

/** Sends `100 Continue` when somebody begins to read the body; a request that is answered unread gets none. */
export function inviteOnRead(raw: IncomingMessage, response: ServerResponse): void {
  uninvited.add(raw)
  raw._read = (size) => {
    uninvited.delete(raw)
    delete (raw as Partial<IncomingMessage>)._read
    if (!response.headersSent) response.writeContinue()
    raw._read(size)
  }
}

/** What is known about an answer before it is written. */
export interface Answering {
  readonly raw: IncomingMessage
  readonly response: ServerResponse
  readonly connection: Connection
  /** The largest body, in bytes. */
  readonly limit: number
  /** Whether the answer is a stream. It may be made from the body, so the body is judged at the end of the answer. */
  readonly streamed: boolean
}

/**
 * To be called before a request is answered. When nobody has read its body, a small rest is read and dropped, and the connection
 * stays open. A larger rest, or one that may never come, ends the connection with the answer (RFC 9112, 9.3 and 9.6).
 */
export function leaveUnread(answering: Answering): MaybePromise<void> {
  const { raw, streamed } = answering
  if (raw.complete || (!streamed && isRead(raw))) return
  if (streamed || raw.headers['transfer-encoding'] === undefined) return leave(answering)
  // The length is not known. Bytes that were sent along with the head are parsed in this turn of the loop.
  return new Promise(setImmediate).then(() => leave(answering))
}

function leave({ raw, response, connection, limit, streamed }: Answering): void {
  const { socket } = connection
  const rest = restOf(raw)
  if (rest === 0) return
  lingerAtEnd(raw, socket, limit)
  raw.once('end', () => {
    delete (socket as Partial<Socket>).destroySoon
  })
  // A destroyed request reads nothing more.
  const ends = rest > smallRest || uninvited.has(raw) || raw.destroyed
  if (ends && !streamed) return connection.endWithLatest()
  response.once('finish', () => {
    if (raw.complete || isRead(raw)) return
    if (ends) return socket.destroySoon()
    raw.once('end', destroyLater(socket, restPatience)).resume()
  })
}

/**
 * Ends the connection of a request so that a client that is still sending gets the answer: closing with unread bytes would
 * send a reset, which may overtake the answer. For a while, and up to `limit` bytes, what arrives is read and dropped.
 */
export function lingerAtEnd(raw: IncomingMessage, socket: Socket, limit: number): void {
  socket.destroySoon = () => {
    socket.destroySoon = () => {}
    let room = Math.max(limit, smallestLinger)
    raw.resume()
    socket.resume()
    // Only after node has begun to read again: a listener on a paused socket would take it away from its parser.
    setImmediate(() =>
      socket.on('data', ({ length }: Buffer) => {
        room -= length
        if (room < 0) socket.destroy()
      }),
    )
    socket.end()
    destroyLater(socket, restPatience)
  }
}

/** Destroys a socket after so many milliseconds; returns how to cancel that. */
export function destroyLater(socket: Socket, patience: number): () => void {
  const timer = setTimeout(() => socket.destroy(), patience)
  const stop = () => {
    clearTimeout(timer)
    socket.off('close', stop)
  }
  socket.once('close', stop)
  return stop
}

/** The most bytes of the body that may still come; Infinity for a chunked body. */
function restOf(raw: IncomingMessage): number {
  const { 'content-length': length, 'transfer-encoding': coding } = raw.headers
  if (raw.complete) return 0
  if (coding !== undefined) return Number.POSITIVE_INFINITY
  return length === undefined ? 0 : Number(length) - raw.readableLength
}
