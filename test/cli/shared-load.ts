import { setTimeout as sleep } from 'node:timers/promises'
import { RawClient, requestText } from '../http/raw-client.ts'

/** How long a client waits between an answer and its next request, in milliseconds, at most: it is to load, not to keep the processors from the workers. */
const pause = 25

/** Clients with a connection each, on which they send one request after the other; closed ones are opened again. */
export class SharedLoad {
  answered = 0
  /** Answers by the process that gave them. */
  readonly byPid = new Map<number, number>()
  /** What was sent and not answered, or not with 200. */
  readonly failures: string[] = []
  readonly #port: number
  readonly #clients: Promise<void>[]
  #isOver = false

  constructor(port: number, clients: number) {
    this.#port = port
    this.#clients = Array.from({ length: clients }, () => this.#ask())
  }

  /** Resolves when every client has the answer to its last request. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#askOnOne(await RawClient.connect(this.#port))
      } catch (error) {
        this.failures.push((error as Error).message)
        await sleep(10)
      }
    }
  }

  /** Until the connection is closed, as the server has said. */
  async #askOnOne(client: RawClient): Promise<void> {
    for (let isOpen = true; isOpen && !this.#isOver; ) {
      const response = await client.send(requestText('GET', '/')).response()
      const { pid } = JSON.parse(response.text) as { pid: number }
      this.answered++
      this.byPid.set(pid, (this.byPid.get(pid) ?? 0) + 1)
      if (response.status !== 200) this.failures.push(response.statusLine)
      isOpen = response.header('connection') !== 'close'
      if (isOpen) await sleep(Math.random() * pause)
    }
    client.destroy()
  }
}
