import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Adapter } from '../../../kernel/index.ts'
import { hasBody } from '../request/body.ts'
import type { HttpRequest } from '../request/request.ts'
import type { Params } from '../routing/params.ts'
import { type Match, Router } from '../routing/router.ts'

/** A connection that its client wants to switch from HTTP to another protocol (RFC 9110, 7.8). */
export interface Upgrade<Request = unknown> {
  /** The request that asks for it. It has no body. */
  readonly request: Request
  /** What the path captured, percent-decoded. */
  readonly params: Params
  /**
   * The connection. To accept, answer on it with 101. From then on the connection is yours: the server neither reads
   * nor writes, and no drain waits for it. When the server closes, it destroys the connection if it is still open.
   */
  readonly socket: Duplex
  /** Bytes that the client sent right after its request; often none. */
  readonly head: Buffer
  /** Answers with this status instead, and ends the connection. Call it before anything is written on the socket. */
  refuse(status: number, headers?: Readonly<Record<string, string>>): void
}

/** A server that hands over connections, so that an adapter for another protocol can be mounted on it. */
export interface UpgradeServer<Request = unknown> extends Adapter {
  /**
   * Hands over each connection whose client asks, with GET, for `protocol` (a token of the Upgrade header, in any case)
   * at a path. The path is written like that of a route. If several paths match, the first one counts. You may call it
   * at any time; the returned function stops it. A GET of this path that does not ask for an upgrade, and has no route,
   * is answered with 426. If a handler throws, the error is logged and the connection is refused with 500. Throws
   * `ROUTE_INVALID` for a bad path.
   */
  upgrade(protocol: string, path: string | RegExp, handler: (upgrade: Upgrade<Request>) => void): () => void
}

/** Takes over a connection. */
export type UpgradeHandler = (upgrade: Upgrade<HttpRequest>) => void

interface Offer {
  readonly protocol: string
  readonly path: string | RegExp
  readonly handler: UpgradeHandler
}

/** The protocols to which a server can switch, and the paths. */
export class Upgrades {
  readonly #offers = new Set<Offer>()
  /** By protocol; made when they are first needed, and again after a change. */
  #routers: ReadonlyMap<string, Router<UpgradeHandler>> | undefined

  /** Offers a protocol at a path; the returned function stops it. Throws `ROUTE_INVALID`. */
  add(protocol: string, path: string | RegExp, handler: UpgradeHandler): () => void {
    routerOf([{ protocol, path, handler }])
    const offer = { protocol: protocol.toLowerCase(), path, handler }
    this.#change(() => this.#offers.add(offer))
    return () => this.#change(() => this.#offers.delete(offer))
  }

  /**
   * The first of the protocols that a request asks for and that is offered at its path. None for HTTP/1.0 (RFC 9110,
   * 7.8), nor for a request with a body, which would have to be read first.
   */
  find(raw: IncomingMessage): Match<UpgradeHandler> | undefined {
    const { method, url, headers, httpVersionMinor } = raw
    if (method !== 'GET' || httpVersionMinor === 0 || hasBody(raw)) return undefined
    const routers = this.#byProtocol()
    for (const protocol of (headers.upgrade ?? '').split(',')) {
      const match = routers.get(protocol.trim().toLowerCase())?.find('GET', url as string)
      if (match) return match
    }
    return undefined
  }

  /** The protocols that are offered at a path. */
  offered(url: string): readonly string[] {
    const routers = [...this.#byProtocol()]
    return routers.filter(([, router]) => router.find('GET', url)).map(([protocol]) => protocol)
  }

  #change(change: () => void): void {
    change()
    this.#routers = undefined
  }

  #byProtocol(): ReadonlyMap<string, Router<UpgradeHandler>> {
    if (this.#routers) return this.#routers
    const offers = [...this.#offers]
    const protocols = new Set(offers.map(({ protocol }) => protocol))
    const routerTo = (wanted: string) => routerOf(offers.filter(({ protocol }) => protocol === wanted))
    this.#routers = new Map([...protocols].map((protocol) => [protocol, routerTo(protocol)]))
    return this.#routers
  }
}

function routerOf(offers: readonly Offer[]): Router<UpgradeHandler> {
  return new Router(offers.map(({ path, handler }) => ({ methods: ['GET'], path, target: handler })))
}
