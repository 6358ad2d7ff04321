import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { type Adapter, type Bus, getLogger, type Upgrade } from '../../kernel/index.ts'
import type { Connections } from './connections.ts'
import { faultOf } from './heads.ts'
import type { ClientAddress } from './real-ip.ts'
import { HttpRequest } from './request.ts'
import { responded } from './responded.ts'
import { createRouter, type Match, type Router } from './router.ts'
import type { Listeners } from './server.ts'
import { rawResponse } from './writer.ts'

/** Takes over a connection. */
export type UpgradeHandler = (upgrade: Upgrade<HttpRequest>) => void

interface Offer {
  readonly protocol: string
  readonly path: string | RegExp
  readonly handler: UpgradeHandler
}

/** After a refusal, milliseconds for the client to read it. */
const refusalPatience = 500

/** The protocols that a server offers to go over to, and where. */
export class Upgrades {
  readonly #offers = new Set<Offer>()
  /** By protocol; made again after a change. */
  #routers = new Map<string, Router<UpgradeHandler>>()

  /** Offers a protocol at a path, and returns how to stop. Throws `ROUTE_INVALID`. */
  add(protocol: string, path: string | RegExp, handler: UpgradeHandler): () => void {
    routerOf([{ protocol, path, handler }])
    const offer = { protocol: protocol.toLowerCase(), path, handler }
    this.#change(() => this.#offers.add(offer))
    return () => this.#change(() => this.#offers.delete(offer))
  }

  /** The first of the protocols that a request asks for and that is offered at its path. */
  find({ method, url, headers }: IncomingMessage): Match<UpgradeHandler> | undefined {
    if (method !== 'GET') return undefined
    for (const protocol of (headers.upgrade ?? '').split(',')) {
      const match = this.#router(protocol.trim().toLowerCase()).find('GET', url as string)
      if (match) return match
    }
    return undefined
  }

  /** The protocols that are offered at a path. */
  offered(url: string): readonly string[] {
    const protocols = new Set([...this.#offers].map(({ protocol }) => protocol))
    return [...protocols].filter((protocol) => this.#router(protocol).find('GET', url))
  }

  #change(change: () => void): void {
    change()
    this.#routers = new Map()
  }

  #router(protocol: string): Router<UpgradeHandler> {
    const known = this.#routers.get(protocol)
    if (known) return known
    const router = routerOf([...this.#offers].filter((offer) => offer.protocol === protocol))
    this.#routers.set(protocol, router)
    return router
  }
}

function routerOf(offers: readonly Offer[]): Router<UpgradeHandler> {
  return createRouter(offers.map(({ path, handler }) => ({ methods: ['GET'], path, target: handler })))
}

/** What the listener works with. */
export interface UpgradeParts {
  /** The server that hands over the connections. */
  readonly adapter: Adapter
  readonly upgrades: Upgrades
  readonly connections: Connections
  readonly bus: Bus
  readonly client: ClientAddress
}

/** Makes the listener for requests that ask for an upgrade. */
export function createUpgrader(parts: UpgradeParts): Pick<Listeners, 'upgrade' | 'shouldUpgrade'> {
  const connectionOf = (raw: IncomingMessage) => parts.connections.of(raw.socket)
  const isIgnored = (raw: IncomingMessage, match: Match<UpgradeHandler> | undefined) => {
    const { active = 0, final } = connectionOf(raw) ?? {}
    return !match && active === 0 && !final
  }
  const shouldUpgrade = (raw: IncomingMessage) => !isIgnored(raw, parts.upgrades.find(raw))
  const upgrade: Listeners['upgrade'] = (server, raw, socket, head) => {
    const { active = 0, final } = connectionOf(raw) ?? {}
    const match = parts.upgrades.find(raw)
    if (isIgnored(raw, match)) return ignoreUpgrade(server, raw, socket, head)
    // node has taken its listeners off, and nobody else may have put on theirs yet.
    socket.on('error', ignoreError)
    // Behind the last answer nothing is taken.
    if (final) return void socket.resume()
    // The answer to an earlier request would end up in the midst of the other protocol.
    if (!match || active > 0) return void socket.destroy()
    const request = new HttpRequest(raw, 0, parts.client)
    const startedAt = performance.now()
    const refuse: Upgrade['refuse'] = (status, headers) => {
      endWith(socket, rawResponse(status, headers))
      tell(parts, request, status, performance.now() - startedAt)
    }
    const fault = parts.connections.draining ? 503 : faultOf(raw)
    if (fault !== undefined) return refuse(fault)
    parts.connections.upgraded(raw.socket)
    try {
      match.target({ request, params: match.params, socket, head, refuse })
    } catch (error) {
      getLogger('tomodachi.http').error('the upgrade failed', { error })
      refuse(500)
    }
  }
  return { upgrade, shouldUpgrade }
}

function ignoreError(): void {}

/**
 * Has a request answered as if it had not asked (RFC 9110, 7.8): HTTP clients ask for HTTP/2 like this by the way. node
 * has stopped parsing when it tells of an upgrade, so the connection starts over, without the header field.
 */
function ignoreUpgrade(server: Server, raw: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = raw
  let fields = ''
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    const value = rawHeaders[index + 1] as string
    if (/^connection$/i.test(name)) fields += `${name}: ${value.replace(/\bupgrade\b/gi, 'x-upgrade')}\r\n`
    else if (!/^upgrade$/i.test(name)) fields += `${name}: ${value}\r\n`
  }
  const request = `${method} ${url} HTTP/${httpVersion}\r\n${fields}\r\n`
  socket.unshift(Buffer.concat([Buffer.from(request, 'latin1'), head]))
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

/** Time to read the answer, not more. */
function endWith(socket: Socket, answer: string): void {
  socket.end(answer)
  const timer = setTimeout(() => socket.destroy(), refusalPatience)
  socket.once('close', () => clearTimeout(timer))
}

function tell({ adapter, bus }: UpgradeParts, request: HttpRequest, status: number, elapsed: number): void {
  if (!bus.watched(responded)) return
  const unknown = { replacedStatus: undefined, contentLength: undefined, actor: undefined }
  bus.emit(responded, { adapter, request, status, ...unknown, handlerElapsed: undefined, elapsed })
}
