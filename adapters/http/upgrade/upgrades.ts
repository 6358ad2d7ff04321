import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { type Adapter, type Bus, getLogger } from '../../../kernel/index.ts'
import { responded } from '../access/responded.ts'
import type { ClientAddress } from '../options/real-ip.ts'
import { rawResponse } from '../reply/writer.ts'
import { HttpRequest } from '../request/request.ts'
import { type Match, Router } from '../routing/router.ts'
import type { Connections } from '../server/connections.ts'
import { faultOf } from '../server/heads.ts'
import type { Listeners } from '../server/server.ts'
import { afterAnswers } from './pipelined.ts'
import type { Upgrade } from './upgrade.ts'

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
  /** By protocol; made when they are needed, and again after a change. */
  #routers: ReadonlyMap<string, Router<UpgradeHandler>> | undefined

  /** Offers a protocol at a path, and returns how to stop. Throws `ROUTE_INVALID`. */
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
  find({ method, url, headers, httpVersionMinor }: IncomingMessage): Match<UpgradeHandler> | undefined {
    if (method !== 'GET' || httpVersionMinor === 0 || hasBody(headers)) return undefined
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

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function routerOf(offers: readonly Offer[]): Router<UpgradeHandler> {
  return new Router(offers.map(({ path, handler }) => ({ methods: ['GET'], path, target: handler })))
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

/** Whether node parses the body of a request that asks for an upgrade, instead of handing it over with what is behind it. */
const parsesBodies = Number.parseInt(process.versions.node, 10) >= 25

/** Makes the listeners for requests that ask for an upgrade, and for those with the method CONNECT. */
export function createUpgrader(parts: UpgradeParts): Pick<Listeners, 'upgrade' | 'shouldUpgrade'> {
  const upgrade: Listeners['upgrade'] = (server, raw, socket, head) => {
    // node has taken its listeners off, and nobody else may have put on theirs yet.
    if (!socket.listeners('error').includes(ignoreError)) socket.on('error', ignoreError)
    // An answer to an earlier request would end up in the midst of the other protocol.
    afterAnswers(socket, () => take(parts, server, raw, socket, head))
  }
  const shouldUpgrade = (raw: IncomingMessage) => {
    if (!parsesBodies || !hasBody(raw.headers)) return true
    // node answers it as usual, and drops what comes in one piece with its end.
    parts.connections.of(raw.socket)?.endWithNext()
    return false
  }
  return { upgrade, shouldUpgrade }
}

function ignoreError(): void {}

function take(parts: UpgradeParts, server: Server, raw: IncomingMessage, socket: Socket, head: Buffer): void {
  const { connections, upgrades, client } = parts
  // Behind the last answer nothing is taken.
  if (connections.of(raw.socket)?.final) return void socket.resume()
  const request = new HttpRequest(raw, 0, client)
  const startedAt = performance.now()
  const refuse: Upgrade['refuse'] = (status, headers) => {
    endWith(socket, rawResponse(status, headers))
    tell(parts, request, status, performance.now() - startedAt)
  }
  const fault = faultOf(raw)
  if (fault !== undefined) return refuse(fault)
  if (raw.method === 'CONNECT') return refuse(501)
  const match = upgrades.find(raw)
  if (match === undefined) return startOver(server, raw, socket, head)
  if (connections.draining) return refuse(503)
  connections.upgraded(raw.socket)
  try {
    match.target({ request, params: match.params, socket, head, refuse })
  } catch (error) {
    getLogger('tomodachi.http').error('the upgrade failed', { error })
    refuse(500)
  }
}

/**
 * Has a request answered as if it had not asked (RFC 9110, 7.8): HTTP clients ask for HTTP/2 like this by the way. node
 * stops parsing at such a request, and drops what came in one piece with it where `shouldUpgradeCallback` says no. So
 * the connection starts over with the same request, without the header field, and what came behind.
 */
function startOver(server: Server, raw: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = raw
  let fields = ''
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    const value = rawHeaders[index + 1] as string
    if (/^connection$/i.test(name)) fields += `${name}: ${withoutUpgrade(value)}\r\n`
    else if (!/^upgrade$/i.test(name)) fields += `${name}: ${value}\r\n`
  }
  const request = `${method} ${url} HTTP/${httpVersion}\r\n${fields}\r\n`
  socket.unshift(Buffer.concat([Buffer.from(request, 'latin1'), head]))
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

function withoutUpgrade(options: string): string {
  return options
    .split(',')
    .filter((option) => option.trim().toLowerCase() !== 'upgrade')
    .join(',')
}

/** Time to read the answer, not more. What still comes is not left unread: a reset would take the answer along. */
function endWith(socket: Socket, answer: string): void {
  socket.end(answer)
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), refusalPatience)
  socket.once('close', () => clearTimeout(timer))
}

function tell({ adapter, bus }: UpgradeParts, request: HttpRequest, status: number, elapsed: number): void {
  if (!bus.watched(responded)) return
  const unknown = { replacedStatus: undefined, contentLength: undefined, actor: undefined }
  bus.emit(responded, { adapter, request, status, ...unknown, handlerElapsed: undefined, elapsed })
}
