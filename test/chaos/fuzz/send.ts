import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Input } from './input.ts'

/** Milliseconds that the server gets to answer what may have an answer. */
const patience = 100

/** Sends an input on a connection of its own. Resolves with the start of what came back when it has closed. */
export async function send(port: number, { pieces, gap, isWebsocket, end }: Input): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: false })
  let received = ''
  socket.on('data', (chunk) => {
    if (received.length < 1_000) received += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  await within(patience, socket, 'connect')
  for (const [index, piece] of pieces.entries()) {
    if (socket.destroyed) break
    socket.write(piece)
    if (isWebsocket && index === 0) await within(patience, socket, 'data')
    else await sleep(gap)
  }
  if (!socket.destroyed) await within(patience, socket, 'close')
  if (end === 'reset') socket.resetAndDestroy()
  else socket.destroy()
  return received
}

async function within(milliseconds: number, socket: Socket, event: string): Promise<void> {
  const signal = AbortSignal.timeout(milliseconds)
  await once(socket, event, { signal }).catch(() => {})
}
