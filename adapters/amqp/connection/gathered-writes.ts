import type { Socket } from 'node:net'

/** A connection of amqplib, with what its types do not mention: its socket, and what was agreed on. */
export interface Carried {
  readonly connection: { readonly stream: Socket; readonly channelMax: number; readonly frameMax: number }
}

/**
 * Sends everything written in one turn of the event loop with one system call. amqplib makes one call for each frame,
 * such as an ack, which costs more than all other work on a small message.
 */
export function gatherWrites({ connection: { stream } }: Carried): void {
  const write = stream.write.bind(stream) as (...parameters: unknown[]) => boolean
  let corked = false
  const uncork = () => {
    corked = false
    stream.uncork()
  }
  stream.write = (...parameters: unknown[]) => {
    if (!corked) {
      corked = true
      stream.cork()
      process.nextTick(uncork)
    }
    return write(...parameters)
  }
}
