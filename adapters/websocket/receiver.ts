import type { Writable } from 'node:stream'
import type { WebSocket } from 'ws'

/** Reads the frames of a websocket of ws; its types leave it out. */
interface Receiving {
  readonly _receiver?: Writable
}

/**
 * Has a websocket read nothing behind a frame that breaks the protocol. node tells of a stream's error in the next turn
 * only, and until then gives it the chunks that it has waited with. ws would read them from the midst of the broken
 * frame: as messages, or so that it throws where nobody can catch it. A ws that keeps its receiver elsewhere is left as it is.
 */
export function endWithFirstError(ws: WebSocket): void {
  const { _receiver: receiver } = ws as unknown as Receiving
  if (receiver) receiver._write = write
}

/** One function for all receivers. */
function write(
  this: Writable,
  chunk: unknown,
  encoding: BufferEncoding,
  callback: (error?: Error | null) => void,
): void {
  if (this.errored) callback()
  else Object.getPrototypeOf(this)._write.call(this, chunk, encoding, callback)
}
