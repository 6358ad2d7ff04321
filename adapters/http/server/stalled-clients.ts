import type { Socket } from 'node:net'
import { getLogger } from '../../../kernel/index.ts'

/** What was on its way to a client at the last check, and for how many checks. */
interface Stall {
  taken: number
  queued: number
  looks: number
}

/**
 * Cuts off clients that have taken nothing of what waits for them for `sendTimeout` milliseconds, whatever the answer is.
 * Returns the timer, which does not keep the process alive.
 */
export function cutStalled(
  connections: Iterable<{ readonly socket: Socket }>,
  sendTimeout: number,
): NodeJS.Timeout {
  // A quarter of the time, so that no client gets more than a quarter on top. Looks are counted, since the clock also runs
  // while the process itself is held up.
  const interval = Math.min(1_000, sendTimeout / 4)
  const limit = Math.ceil(sendTimeout / interval)
  const stalls = new WeakMap<Socket, Stall>()
  const look = (socket: Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null }) => {
    const taken = socket.bytesWritten - socket.writableLength
    // Only libuv knows how much of one large chunk has been sent.
    const queued = socket._handle?.writeQueueSize ?? 0
    const stall = stalls.get(socket)
    if (stall?.taken !== taken || stall.queued !== queued) stalls.set(socket, { taken, queued, looks: 0 })
    else if (++stall.looks >= limit) {
      getLogger('tomodachi.http').warn('a client was cut off', { reason: 'it does not read what it is sent' })
      socket.destroy()
    }
  }
  return setInterval(() => {
    for (const { socket } of connections) if (socket.writableLength > 0) look(socket)
  }, interval).unref()
}
