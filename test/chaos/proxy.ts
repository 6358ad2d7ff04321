import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { lastingPort } from '../lasting-port.ts'

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** Stands between a client and its broker, and does to connections what networks do. */
export class FaultProxy {
  readonly #target: { readonly host: string; readonly port: number }
  readonly #port: number
  readonly #pairs = new Set<Pair>()
  readonly #stalled = new Set<Pair>()
  #listener: Server | undefined
  #stallsNew = false
  /** Connections that have come since the start. */
  accepted = 0
  /** Called for each connection before anything passes over it. */
  onAccepted = () => {}

  private constructor(target: { readonly host: string; readonly port: number }, port: number) {
    this.#target = target
    this.#port = port
  }

  /** A proxy that listens on a free port, in front of the broker of this URL. */
  static async before(url: string): Promise<FaultProxy> {
    const { hostname, port } = new URL(url)
    const proxy = new FaultProxy({ host: hostname, port: Number(port || 5_672) }, await lastingPort())
    await proxy.listen()
    return proxy
  }

  get url(): string {
    return `amqp://127.0.0.1:${this.#port}`
  }

  /** Connections that are open. */
  get size(): number {
    return this.#pairs.size
  }

  /** Takes connections, again on the same port. */
  async listen(): Promise<void> {
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
    await once(listener.listen(this.#port, '127.0.0.1'), 'listening')
    this.#listener = listener
  }

  /** Takes no connections any more, as when nothing listens. Those that are open go on. */
  refuse(): void {
    this.#listener?.close()
    this.#listener = undefined
  }

  /** Ends every connection by a reset (RST). */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }

  /** Ends every connection by a farewell (FIN), as a process does that is ended. */
  drop(): void {
    for (const { client, server } of this.#pairs) {
      client.end()
      server.destroy()
    }
  }

  /** Keeps back what is sent from now on, in both directions, until `resume`; with `all` over new connections too. */
  stall({ all = false }: { readonly all?: boolean } = {}): void {
    this.#stallsNew = all
    for (const pair of this.#pairs) {
      const { client, server } = pair
      this.#stalled.add(pair)
      client.unpipe(server)
      server.unpipe(client)
      client.pause()
      server.pause()
    }
  }

  /** Keeps back what the client sends over its connection with this index, as a broker does that blocks publishing. */
  block(index: number): void {
    const { client, server } = [...this.#pairs][index] as Pair
    client.unpipe(server)
    client.pause()
  }

  /** Lets go on what `stall` has kept back. */
  resume(): void {
    this.#stallsNew = false
    for (const { client, server } of this.#stalled) {
      client.pipe(server)
      server.pipe(client)
    }
    this.#stalled.clear()
  }

  /** The other side is gone, and nobody says so: the client may send for ever, and hears nothing. */
  halfOpen(): void {
    for (const { client, server } of this.#pairs) {
      client.unpipe(server)
      client.resume()
      server.unpipe(client)
      server.removeAllListeners('close')
      server.destroy()
    }
  }

  /** Ends everything. */
  close(): void {
    this.refuse()
    for (const { client, server } of this.#pairs) {
      client.destroy()
      server.destroy()
    }
  }

  #accept(client: Socket): void {
    this.accepted++
    const server = connect(this.#target)
    const pair = { client, server }
    this.#pairs.add(pair)
    this.onAccepted()
    if (this.#stallsNew) this.#stalled.add(pair)
    else {
      client.pipe(server)
      server.pipe(client)
    }
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
    server.on('close', () => client.destroy())
    client.on('close', () => {
      server.destroy()
      this.#pairs.delete(pair)
      this.#stalled.delete(pair)
    })
  }
}
