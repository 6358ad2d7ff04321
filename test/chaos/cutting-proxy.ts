import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { lastingPort } from '../lasting-port.ts'

type Side = 'client' | 'server'

/** Where a connection breaks. */
export interface Break {
  /** Which one, counted from 0 since `arm`. */
  readonly connection: number
  /** Whose bytes are counted. */
  readonly from: Side
  /** So many bytes still pass. */
  readonly after: number
  /** `reset` and `end` cut it (RST, FIN); after `stall` nothing passes any more, and nobody says so. */
  readonly how: 'reset' | 'end' | 'stall'
}

/** A connection through the proxy. */
class Passage {
  readonly #sockets: Readonly<Record<Side, Socket>>
  readonly #passed: Record<Side, number> = { client: 0, server: 0 }
  readonly #broken: Break | undefined
  readonly #struck: () => void
  #isStalled = false

  constructor(client: Socket, server: Socket, broken: Break | undefined, struck: () => void) {
    this.#sockets = { client, server }
    this.#broken = broken
    this.#struck = struck
    for (const side of ['client', 'server'] as const) {
      const [socket, other] = [this.#sockets[side], this.#sockets[opposite(side)]]
      socket.setNoDelay(true)
      socket.on('data', (bytes) => this.#pass(side, bytes))
      socket.on('error', () => {})
      socket.on('end', () => this.#isStalled || other.end())
      socket.on('close', () => other.destroy())
    }
  }

  /** Ends it by a reset. */
  cut(): void {
    this.#sockets.client.resetAndDestroy()
  }

  #pass(side: Side, bytes: Buffer): void {
    if (this.#isStalled) return
    const [passed, to] = [this.#passed[side], this.#sockets[opposite(side)]]
    this.#passed[side] += bytes.length
    const { from, after = 0, how } = this.#broken ?? {}
    if (from !== side || passed + bytes.length < after) return void to.write(bytes)
    this.#isStalled = true
    this.#struck()
    to.write(bytes.subarray(0, after - passed), () => {
      if (how === 'reset') this.cut()
      if (how === 'end') for (const socket of Object.values(this.#sockets)) socket.end()
    })
  }
}

function opposite(side: Side): Side {
  return side === 'client' ? 'server' : 'client'
}

/** Stands between one client and its broker, and breaks one of its connections at one byte. */
export class CuttingProxy {
  readonly port: number
  readonly #target: number
  readonly #passages = new Set<Passage>()
  readonly #sockets = new Set<Socket>()
  #listener: Server | undefined
  #break: Break | undefined
  #accepted = 0
  /** When the break struck, on the clock of `performance`; undefined as long as it has not. */
  struckAt: number | undefined

  private constructor(port: number, target: number) {
    this.port = port
    this.#target = target
  }

  /** A proxy on a free port, in front of the broker on this one. */
  static async before(target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(await lastingPort(), target)
    proxy.#listener = createServer({ allowHalfOpen: true }, (client) => proxy.#accept(client))
    await once(proxy.#listener.listen(proxy.port, '127.0.0.1'), 'listening')
    return proxy
  }

  /** Breaks one of the connections that come from now on. */
  arm(wanted: Break): void {
    this.#break = wanted
    this.#accepted = 0
    this.struckAt = undefined
  }

  /** Cuts every connection. */
  cut(): void {
    for (const passage of this.#passages) passage.cut()
  }

  /** Ends everything. */
  close(): void {
    this.#listener?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(client: Socket): void {
    const server = connect({ host: '127.0.0.1', port: this.#target, allowHalfOpen: true })
    const broken = this.#break?.connection === this.#accepted++ ? this.#break : undefined
    const passage = new Passage(client, server, broken, () => {
      this.struckAt ??= performance.now()
    })
    this.#passages.add(passage)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#passages.delete(passage)
      })
    }
  }
}
