import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { answerLength } from './exchange.ts'

const connectionCount = 64

/** Keep-alive connections to one server, each of which sends its next request when it has its answer. */
export class Load {
  readonly #connections: readonly Socket[]
  readonly #requests: readonly Buffer[]
  #next = 0
  #answers = 0
  #waiting = 0
  #endsAt = 0
  #done: () => void = () => {}
  #reject: (error: Error) => void = () => {}
  #failure: Error | undefined

  private constructor(connections: readonly Socket[], requests: readonly Buffer[]) {
    this.#connections = connections
    this.#requests = requests
    for (const connection of connections) this.#listen(connection)
  }

  /** Connects. The requests are sent in turn, over and over. */
  static async open(port: number, requests: readonly Buffer[]): Promise<Load> {
    const connections = Array.from({ length: connectionCount }, () =>
      connect({ port, host: '127.0.0.1', noDelay: true }),
    )
    await Promise.all(connections.map((connection) => once(connection, 'connect')))
    return new Load(connections, requests)
  }

  /**
   * Sends requests for so long. Resolves with the number of answers when the last has come, so that the server has
   * nothing left to do. Rejects for a wrong answer and for a connection that has ended.
   */
  async run(milliseconds: number): Promise<number> {
    if (this.#failure) throw this.#failure
    this.#answers = 0
    this.#waiting = this.#connections.length
    this.#endsAt = performance.now() + milliseconds
    const done = new Promise<void>((resolve, reject) => {
      this.#done = resolve
      this.#reject = reject
    })
    for (const connection of this.#connections) this.#send(connection)
    await done
    return this.#answers
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  #listen(connection: Socket): void {
    let pending: Buffer | undefined
    connection.on('data', (bytes) => {
      const received = pending ? Buffer.concat([pending, bytes]) : bytes
      try {
        const length = answerLength(received)
        pending = length === undefined ? received : undefined
        if (length === undefined) return
        if (length < received.length) throw new Error('the server sent more than one answer')
      } catch (error) {
        return this.#fail(error as Error)
      }
      this.#answered(connection)
    })
    connection.on('error', (error) => this.#fail(error))
    connection.on('close', () => this.#fail(new Error('the server closed a connection')))
  }

  #answered(connection: Socket): void {
    this.#answers++
    if (performance.now() < this.#endsAt) return this.#send(connection)
    this.#waiting--
    if (this.#waiting === 0) this.#done()
  }

  #send(connection: Socket): void {
    connection.write(this.#requests[this.#next] as Buffer)
    this.#next = (this.#next + 1) % this.#requests.length
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#reject(error)
  }
}
