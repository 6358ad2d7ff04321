import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Adapter, type Bus, getLogger } from '../../../kernel/index.ts'
import { responded } from '../access/request-events.ts'
import type { ClientAddress } from '../options/real-ip.ts'
import type { Overload } from '../overload/overload.ts'
import { hasBody } from '../request/body.ts'
import { HttpRequest } from '../request/request.ts'
import type { Connections } from '../server/connections.ts'
import { endWith, faultOf, rawResponse } from '../server/refusal.ts'
import type { Listeners } from '../server/server.ts'
import type { Upgrade, Upgrades } from './upgrades.ts'

/** What the listeners share. */
interface UpgradeParts {
  /** The server that hands over the connections. */
  readonly adapter: Adapter
  readonly upgrades: Upgrades
  readonly connections: Connections
  readonly bus: Bus
  readonly client: ClientAddress
  readonly overload: Overload | undefined
}

/** Whether node parses the body of a request that asks for an upgrade, instead of handing it over with the bytes behind it. */
const parsesBodies = Number.parseInt(process.versions.node, 10) >= 25

/** Makes the listeners for requests that ask for an upgrade, and for those with the method CONNECT. */
export function createUpgrader(parts: UpgradeParts): Pick<Listeners, 'upgrade' | 'shouldUpgrade'> {
  const upgrade: Listeners['upgrade'] = (server, raw, socket, head) => {
    // node has removed its listeners, and nobody else may have added any yet.
    if (!socket.listeners('error').includes(ignoreError)) socket.on('error', ignoreError)
    // Earlier requests are answered first: their answers would end up in the middle of the other protocol.
    afterAnswers(socket, () => take(parts, server, raw, socket, head))
  }
  const shouldUpgrade = (raw: IncomingMessage) => {
    if (!parsesBodies || !hasBody(raw)) return true
    // node answers it as usual, and drops bytes that arrive together with its end.
    parts.connections.of(raw.socket)?.endWithNext()
    return false
  }
  return { upgrade, shouldUpgrade }
}

function ignoreError(): void {}

function take(parts: UpgradeParts, server: Server, raw: IncomingMessage, socket: Socket, head: Buffer): void {
  const { connections, upgrades, client, overload } = parts
  // No request is accepted after the last answer.
  if (connections.of(raw.socket)?.final) return void socket.resume()
  const request = new HttpRequest(raw, 0, client)
  const startedAt = performance.now()
  const refuse: Upgrade['refuse'] = (status, headers) => {
    endWith(socket, rawResponse(status, headers))
    // What still arrives is read: closing with unread bytes would send a reset, which may overtake the answer.
    socket.resume()
    tell(parts, request, status, performance.now() - startedAt)
  }
  const fault = faultOf(raw)
  if (fault !== undefined) return refuse(fault)
  if (raw.method === 'CONNECT') return refuse(501)
  const match = upgrades.find(raw)
  if (match === undefined) return startOver(server, raw, socket, head)
  if (connections.draining) return refuse(503)
  if (overload?.sheds(request, undefined)) return refuse(overload.answer.status, overload.headers)
  connections.upgraded(raw.socket)
  try {
    match.target({ request, params: match.params, socket, head, refuse })
  } catch (error) {
    getLogger('tomodachi.http').error('the upgrade failed', { error })
    refuse(500)
  }
}

/**
 * Answers a request as if it had not asked for an upgrade (RFC 9110, 7.8), as HTTP clients do that offer HTTP/2. node stops
 * parsing at such a request; where `shouldUpgradeCallback` says no, it drops the bytes that arrived together with it. So the
 * connection starts over with the same request, without the header field, and the bytes behind it.
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

function tell({ adapter, bus }: UpgradeParts, request: HttpRequest, status: number, elapsed: number): void {
  if (!bus.watched(responded)) return
  const unknown = {
    replacedStatus: undefined,
    contentLength: undefined,
    actor: undefined,
    delivery: undefined,
  }
  bus.emit(responded, { adapter, request, status, ...unknown, handlerElapsed: undefined, elapsed })
}

/**
 * Where node keeps the response that is being sent on a socket; its types leave it out. With a node that keeps it elsewhere, we
 * wait for no answer, as node itself does.
 */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null }

/**
 * Calls `then` when the earlier requests of a connection have been answered: at once when none is left, never when the socket
 * closes first. It is for a socket that node's parser has given up for an upgrade; answers are still sent on it, in order.
 */
function afterAnswers(socket: AnsweringSocket, then: () => void): void {
  if (!socket._httpMessage) return then()
  // node has removed the listener that makes a waiting response go on, and its next resume() would lose received bytes.
  socket.on('drain', goOn).on('readable', hold)
  const next = () => {
    // node assigns the next answer to the socket before it calls this listener.
    if (socket._httpMessage) return void socket._httpMessage.once('finish', next)
    socket.off('drain', goOn).off('readable', hold)
    // The timeout of idle connections; this one is in use.
    socket.setTimeout(0)
    // node may have stopped reading because too much was waiting to be sent.
    socket._read(0)
    then()
  }
  next()
}

function goOn(this: AnsweringSocket): void {
  const answer = this._httpMessage
  if (answer?.writableNeedDrain) answer.emit('drain')
}

/** Received bytes stay in the socket until somebody reads them. */
function hold(): void {}
