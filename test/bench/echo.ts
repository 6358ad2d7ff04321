import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What each message says: 64 characters, as a short chat message has. */
const text = 'a chat message of 64 characters, sent again and again to be heard'.slice(0, 64)
const answer = Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)])

/** A text frame as a client sends it: masked (RFC 6455, 5.3). */
const question = (() => {
  const mask = randomBytes(4)
  const masked = Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] as number))
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, masked])
})()

/** Connects, and resolves when the websocket is open. Rejects for any other answer. */
export async function openWebsocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const key = randomBytes(16).toString('base64')
  const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}`
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields}\r\n\r\n`)
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  const head = bytes.toString('latin1')
  if (!head.startsWith('HTTP/1.1 101 ') || !head.endsWith('\r\n\r\n'))
    throw new Error(`the server answers ${JSON.stringify(head)}`)
  return socket
}

/** Websockets that each keep so many messages in flight to a server that sends them back. */
export class Echo {
  readonly #sockets: readonly Socket[]
  readonly #inFlight: number
  readonly #questions: Buffer
  #answers = 0
  #waiting = 0
  #endsAt = 0
  #done: () => void = () => {}
  #reject: (error: Error) => void = () => {}
  #failure: Error | undefined

  private constructor(sockets: readonly Socket[], inFlight: number) {
    this.#sockets = sockets
    this.#inFlight = inFlight
    this.#questions = Buffer.concat(Array.from({ length: inFlight }, () => question))
    for (const socket of sockets) this.#listen(socket)
  }

  static async open(port: number, connections: number, inFlight: number): Promise<Echo> {
    return new Echo(
      await Promise.all(Array.from({ length: connections }, () => openWebsocket(port))),
      inFlight,
    )
  }

  /**
   * Sends messages for so long. Resolves with the number of answers when the last has come. Rejects for a wrong answer
   * and for a connection that has ended.
   */
  async run(milliseconds: number): Promise<number> {
    if (this.#failure) throw this.#failure
    this.#answers = 0
    this.#waiting = this.#sockets.length * this.#inFlight
    this.#endsAt = performance.now() + milliseconds
    const done = new Promise<void>((resolve, reject) => {
      this.#done = resolve
      this.#reject = reject
    })
    for (const socket of this.#sockets) socket.write(this.#questions)
    await done
    return this.#answers
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #listen(socket: Socket): void {
    let pending: Buffer | undefined
    socket.on('data', (bytes) => {
      const received = pending ? Buffer.concat([pending, bytes]) : bytes
      const count = Math.floor(received.length / answer.length)
      for (let at = 0; at < count * answer.length; at += answer.length)
        if (received.compare(answer, 0, answer.length, at, at + answer.length) !== 0)
          return this.#fail(new Error('the server sent back something else'))
      const rest = received.subarray(count * answer.length)
      pending = rest.length > 0 ? rest : undefined
      if (count > 0) this.#answered(socket, count)
    })
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed a connection')))
  }

  #answered(socket: Socket, count: number): void {
    this.#answers += count
    if (performance.now() < this.#endsAt) {
      socket.write(this.#questions.subarray(0, count * question.length))
      return
    }
    this.#waiting -= count
    if (this.#waiting === 0) this.#done()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#reject(error)
  }
}
