import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { MaybePromise } from '../../../kernel/adapter-kit.ts'
import { isRead } from '../request/body.ts'
import type { Connection } from './connection.ts'

/** The rest of a body up to this many bytes is waited for, so that the connection can go on. */
const smallRest = 262_144
/** A connection that ends takes at least this many bytes of a rest, where a body may not be as large. */
const smallestLinger = 1_048_576
/** After an answer, milliseconds for the rest of a body that nobody has read. */
const restPatience = 5_000

/** Requests whose clients wait for a word of ours before they send the body (RFC 9110, 10.1.1). */
const uninvited = new WeakSet<IncomingMessage>()

/** Says 100 when somebody begins to read the body, whichever way, and not when it is answered unread. */
export function inviteOnRead(raw: IncomingMessage, response: ServerResponse): void {
  uninvited.add(raw)
  raw._read = (size) => {
    uninvited.delete(raw)
    delete (raw as Partial<IncomingMessage>)._read
    if (!response.headersSent) response.writeContinue()
    raw._read(size)
  }
}

/** What is known of an answer before it is written. */
export interface Answering {
  readonly raw: IncomingMessage
  readonly response: ServerResponse
  readonly connection: Connection
  /** The largest body, in bytes. */
  readonly limit: number
  /** Whether the answer is a stream. It may be made of the body, which shows at its end. */
  readonly streamed: boolean
}

/**
 * To be called before a request is answered. Where nobody reads its body, a small rest is thrown away and the connection
 * goes on; a larger one, or one that may never come, ends the connection with the answer (RFC 9112, 9.3 and 9.6).
 */
export function leaveUnread(answering: Answering): MaybePromise<void> {
  const { raw, streamed } = answering
  if (raw.complete || (!streamed && isRead(raw))) return
  if (streamed || raw.headers['transfer-encoding'] === undefined) return leave(answering)
  // How much follows is not known. What was sent along with the head is parsed in this turn of the loop.
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
  // Of a request that is destroyed, nothing is taken any more.
  const ends = rest > smallRest || uninvited.has(raw) || raw.destroyed
  if (ends && !streamed) return connection.endWithLatest()
  response.once('finish', () => {
    if (raw.complete || isRead(raw)) return
    if (ends) return socket.destroySoon()
    raw.once('end', destroyLater(socket, restPatience)).resume()
  })
}

/**
 * Has the connection of a request end in such a way that a client that still sends gets the answer: to close with unread
 * bytes would be a reset, which may overtake it. What comes is thrown away, for a while and up to `limit` bytes.
 */
export function lingerAtEnd(raw: IncomingMessage, socket: Socket, limit: number): void {
  socket.destroySoon = () => {
    socket.destroySoon = () => {}
    let room = Math.max(limit, smallestLinger)
    raw.resume()
    socket.resume()
    // Only when node has begun to read again: a listener takes the socket away from its parser, paused as it is.
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

/** Destroys a socket after so many milliseconds; returns how to let it live. */
export function destroyLater(socket: Socket, patience: number): () => void {
  const timer = setTimeout(() => socket.destroy(), patience)
  const stop = () => {
    clearTimeout(timer)
    socket.off('close', stop)
  }
  socket.once('close', stop)
  return stop
}

/** Bytes of the body that have not come, at most; Infinity for a body in chunks. */
function restOf(raw: IncomingMessage): number {
  const { 'content-length': length, 'transfer-encoding': coding } = raw.headers
  if (raw.complete) return 0
  if (coding !== undefined) return Number.POSITIVE_INFINITY
  return length === undefined ? 0 : Number(length) - raw.readableLength
}
