import type { Socket } from 'node:net'

/** Bytes by which a status line is recognised: `HTTP/1.1 1`, then two digits. */
const interim = Buffer.from('HTTP/1.1 1')
const [zero, two] = Buffer.from('02') as unknown as readonly [number, number]

/**
 * Lets a connection of undici survive an unasked `100 Continue`, which a client has to discard (RFC 9110, 15.2.1).
 * undici treats it as an error but discards all other interim answers, so undici is shown a 102 instead.
 */
export function discardContinue(socket: Socket): Socket {
  const { read, write } = socket
  const answers = new Answers()
  socket.write = ((chunk: unknown, ...rest: never[]) => {
    // Only the head of a request contains this text; an answer follows.
    if (typeof chunk === 'string' && chunk.includes(' HTTP/1.1\r\n')) answers.begin()
    return write.call(socket, chunk as string, ...rest)
  }) as Socket['write']
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read.call(socket, size)
    if (chunk !== null) answers.read(chunk)
    return chunk
  }
  return socket
}

/** Reads the heads of interim answers, up to the one that is final. */
class Answers {
  /** The position in a status line; behind its digits, in a head; undefined once the final answer has begun. */
  #at: number | undefined
  #isContinue = false
  /** How much of an empty line has arrived. */
  #ending = 0

  begin(): void {
    this.#at = 0
  }

  read(chunk: Buffer): void {
    for (let index = 0; index < chunk.length && this.#at !== undefined; index++)
      this.#at = this.#next(this.#at, chunk, index)
  }

  #next(at: number, chunk: Buffer, index: number): number | undefined {
    const byte = chunk[index]
    if (at < interim.length) return byte === interim[at] ? at + 1 : undefined
    if (at === interim.length) this.#isContinue = byte === zero
    else if (at === interim.length + 1) {
      if (this.#isContinue && byte === zero) chunk[index] = two
      this.#ending = 0
    } else if (this.#hasEnded(byte)) return 0
    return Math.min(at + 1, interim.length + 2)
  }

  #hasEnded(byte: number | undefined): boolean {
    this.#ending = byte === [13, 10, 13, 10][this.#ending] ? this.#ending + 1 : byte === 13 ? 1 : 0
    return this.#ending === 4
  }
}
