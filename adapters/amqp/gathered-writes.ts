import type { Socket } from 'node:net'

/** A connection of amqplib; its types say nothing of what lies beneath. */
export interface Carried {
  readonly connection: { readonly stream: Socket }
}

/**
 * Has all that is written in one turn of the event loop go out in one system call. By itself amqplib makes one for every
 * frame, such as an ack, which costs more than everything else that is done to a small message.
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
