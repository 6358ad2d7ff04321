import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestBytes } from './exchange.ts'

/** Most connections of a load; further requests wait for one, and that counts. */
const mostConnections = 1_000

/** Requests that arrive at random, whether the earlier ones have been answered or not. */
export interface Arrivals {
  readonly path: string
  readonly perSecond: number
  readonly milliseconds: number
  /** Requests of the first so many milliseconds are sent, and do not count. */
  readonly settling: number
}

/** How long clients waited for answers, in milliseconds. */
export interface Waits {
  /** For answers with 200. */
  readonly accepted: number[]
  /** For answers with 503. */
  readonly shed: number[]
  /** Without an answer, or with another one. */
  readonly unanswered: number[]
}

interface Sent {
  readonly socket: Socket
  /** When the request was to be sent; undefined while the connection is idle. */
  at: number | undefined
}

/** Sends requests at random times, a given number a second, and waits for answers for as long again. */
export async function arrive(
  port: number,
  { path, perSecond, milliseconds, settling }: Arrivals,
): Promise<Waits> {
  const waits: Waits = { accepted: [], shed: [], unanswered: [] }
  const request = requestBytes({ method: 'GET', path, status: 200 })
  const connections: Sent[] = []
  const idle: Sent[] = []
  const waiting: number[] = []
  const countedFrom = performance.now() + settling
  const end = countedFrom + milliseconds
  const note = (at: number, waits: number[]) => {
    if (at >= countedFrom) waits.push(performance.now() - at)
  }
  const send = (connection: Sent, at: number) => {
    connection.at = at
    connection.socket.write(request)
  }
  const open = () => {
    const connection: Sent = { socket: connect({ port, host: '127.0.0.1', noDelay: true }), at: undefined }
    connections.push(connection)
    // The request of a connection that breaks is never answered.
    connection.socket.on('error', () => {})
    // An answer is short enough for one packet.
    connection.socket.on('data', (bytes: Buffer) => {
      const status = bytes.toString('latin1', 9, 12)
      const kind = status === '200' ? 'accepted' : status === '503' ? 'shed' : 'unanswered'
      if (connection.at !== undefined) note(connection.at, waits[kind])
      connection.at = undefined
      const next = waiting.shift()
      if (next === undefined) idle.push(connection)
      else send(connection, next)
    })
    return connection
  }
  for (let next = performance.now(); next < end; ) {
    while (next < Math.min(end, performance.now())) {
      const connection = idle.pop() ?? (connections.length < mostConnections ? open() : undefined)
      if (connection) send(connection, next)
      else waiting.push(next)
      next -= (Math.log(1 - Math.random()) / perSecond) * 1_000
    }
    await sleep(1)
  }
  const isDone = () => waiting.length === 0 && connections.every(({ at }) => at === undefined)
  for (const limit = performance.now() + milliseconds; !isDone() && performance.now() < limit; )
    await sleep(5)
  for (const at of [...waiting, ...connections.map(({ at }) => at)])
    if (at !== undefined) note(at, waits.unanswered)
  for (const { socket } of connections) socket.destroy()
  return waits
}
