import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { Envelope } from '../../../envelopes/index.ts'
import {
  type Actor,
  type Deliver,
  isPromise,
  letGo,
  type MaybePromise,
  partOf,
  textOf,
} from '../../../kernel/adapter-kit.ts'
import type { Adapter, Bus, Settlement } from '../../../kernel/index.ts'
import { isOutcome, responded } from '../access/responded.ts'
import type { ClientAddress } from '../options/real-ip.ts'
import { HttpError, httpErrorOf } from '../reply/http-error.ts'
import { type Answer, answerOf, lengthOf } from '../reply/reply.ts'
import type { Write } from '../reply/writer.ts'
import { HttpRequest, queryOf } from '../request/request.ts'
import type { Router } from '../routing/router.ts'
import type { HttpSource } from '../routing/source.ts'
import type { Connections } from '../server/connections.ts'
import { leaveUnread } from '../server/unread.ts'
import type { Upgrades } from '../upgrade/upgrades.ts'
import type { Exchange } from './exchange.ts'
import { missed } from './missed.ts'

/** What the dispatcher works with; all of it is made at start. */
export interface DispatchParts {
  /** The server whose requests these are. */
  readonly adapter: Adapter
  readonly router: Router<Actor<HttpSource>>
  /** Error sources by status. */
  readonly errorActors: ReadonlyMap<number, Actor<HttpSource>>
  readonly upgrades: Upgrades
  readonly deliver: Deliver
  readonly bus: Bus
  readonly write: Write
  readonly connections: Connections
  readonly clientMaxSize: number
  /** Who sent a request. */
  readonly client: ClientAddress
}

/** Makes the listener that turns requests into envelopes, and settlements into responses. */
export function createDispatcher(
  parts: DispatchParts,
): (raw: IncomingMessage, response: ServerResponse) => void {
  const { router, connections, clientMaxSize, client, bus } = parts
  return (raw, response) => {
    const { method, url } = raw as IncomingMessage & { readonly method: string; readonly url: string }
    const match = router.find(method, url)
    const limit = match ? match.target.source.bodyLimit(clientMaxSize) : clientMaxSize
    const request = new HttpRequest(raw, limit, client)
    const exchange: Exchange = {
      raw,
      response,
      request,
      connection: connections.requested(raw.socket),
      startedAt: bus.watched(responded) ? performance.now() : 0,
      handledAt: 0,
      actor: undefined,
      handler: undefined,
      delivery: undefined,
      pending: undefined,
    }
    if (match === undefined) return void fail(parts, exchange, missed(request, parts))
    exchange.actor = match.target
    const given = { request, params: match.params, query: queryOf(url) }
    deliver(parts, exchange, match.target, given, (settlement) => answer(parts, exchange, settlement))
  }
}

function deliver(
  parts: DispatchParts,
  exchange: Exchange,
  actor: Actor,
  given: object,
  settle: (settlement: Settlement) => MaybePromise<void>,
): void {
  exchange.handler = actor
  // The request tells its headers when they are asked for; node parses them only then.
  const delivery = parts.deliver(new Envelope(actor.address, given, exchange.request), settle)
  exchange.delivery ??= delivery
  if (delivery.settlement) return
  exchange.pending = delivery
  if (exchange.connection) parts.connections.runs(exchange.connection, delivery)
}

/** Turns the settlement of a route's delivery into the response. */
function answer(parts: DispatchParts, exchange: Exchange, settlement: Settlement): MaybePromise<void> {
  if (parts.bus.watched(responded)) exchange.handledAt = performance.now()
  if (settlement.state === 'acked')
    return reply(parts, exchange, settlement.reply, 200, exchange.actor as Actor)
  return fail(parts, exchange, errorOf(exchange, settlement))
}

/** The socket knows first: its listeners of ours are called before those by which node ends the response. */
function hasGone({ raw, response, connection }: Exchange): boolean {
  // node takes the socket from a request when a loop over it is left.
  return response.destroyed || (connection ?? raw).socket.destroyed
}

function errorOf(exchange: Exchange, settlement: Exclude<Settlement, { state: 'acked' }>): HttpError {
  // Given back at the drain deadline: another instance can take it (RFC 9110, 15.6.4).
  if (settlement.state === 'released')
    return new HttpError(503, undefined, { headers: { 'Retry-After': 1, Connection: 'close' } })
  const error = httpErrorOf(settlement.error)
  if (error.status >= 500 && !hasGone(exchange))
    exchange.actor?.log.error('handler failed', { error: error.cause ?? error })
  return error
}

/** Answers with an error: by the error source of its status, else by the error itself. */
function fail(parts: DispatchParts, exchange: Exchange, error: HttpError): MaybePromise<void> {
  const { response, request, raw } = exchange
  const actor = parts.errorActors.get(error.status)
  if (!actor || response.headersSent || hasGone(exchange))
    return conclude(parts, exchange, answerOfError(exchange, error))
  const given = { request, params: {}, query: queryOf(raw.url as string), status: error.status, error }
  // The error's own delivery tells when it has been answered; the failed one need not wait for it.
  deliver(parts, exchange, actor, given, (settlement) => {
    if (settlement.state === 'acked')
      return reply(parts, exchange, settlement.reply, error.status, actor, error)
    if (settlement.state !== 'released') actor.log.error('error handler failed', { error: settlement.error })
    return conclude(parts, exchange, answerOfError(exchange, new HttpError(500, '')))
  })
}

/** Never throws: an HttpError that cannot be sent, such as one with the status 99, becomes a 500. */
function answerOfError(exchange: Exchange, { status, body, headers }: HttpError): Answer {
  try {
    return answerOf([status, body, headers], status, 'an HttpError')
  } catch (failure) {
    exchange.handler?.log.error('handler failed', { error: failure })
    return answerOfError(exchange, new HttpError(500))
  }
}

function reply(
  parts: DispatchParts,
  exchange: Exchange,
  value: unknown,
  status: number,
  actor: Actor,
  error?: HttpError,
): MaybePromise<void> {
  let prepared: Answer
  try {
    prepared = answerOf(value, status, actor.address)
  } catch (failure) {
    actor.log.error('handler failed', { error: failure })
    return conclude(parts, exchange, answerOfError(exchange, httpErrorOf(failure)))
  }
  // An Allow header stays on a 405, whoever words its body.
  const allow = error && prepared.status === error.status ? partOf(error.headers, 'Allow') : undefined
  return conclude(
    parts,
    exchange,
    allow === undefined ? prepared : { ...prepared, headers: [...prepared.headers, 'Allow', textOf(allow)] },
  )
}

/** Sees to a body that nobody has read, then writes the response. */
function conclude(parts: DispatchParts, exchange: Exchange, wanted: Answer): MaybePromise<void> {
  const { raw, response, connection } = exchange
  if (!connection || raw.complete || !mayHaveBody(raw)) return send(parts, exchange, wanted)
  const { connections, clientMaxSize: limit } = parts
  const streamed = wanted.body instanceof Readable
  const left = leaveUnread({ raw, response, socket: connection.socket, connections, limit, streamed })
  return left ? left.then(() => send(parts, exchange, wanted)) : send(parts, exchange, wanted)
}

/** RFC 9112, 6.3: a request has a body when one of these fields says so. */
function mayHaveBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** Writes the response and tells the bus when it has been sent. */
function send(parts: DispatchParts, exchange: Exchange, wanted: Answer): MaybePromise<void> {
  const { raw, response, connection } = exchange
  if (response.headersSent || hasGone(exchange)) return gone(parts, exchange, wanted)
  if (connection) parts.connections.answering(connection, response, wanted.headers)
  let sent: MaybePromise<void>
  try {
    sent = parts.write(raw, response, wanted)
  } catch (failure) {
    return unwritten(parts, exchange, failure)
  }
  if (!isPromise(sent)) return finish(parts, exchange, wanted, wanted.status)
  return sent.then(
    () => finish(parts, exchange, wanted, wanted.status),
    (failure: unknown) => {
      if (!response.headersSent && !hasGone(exchange)) return unwritten(parts, exchange, failure)
      // When its source fails, the stream takes the socket along; when the client goes, it ends too early.
      if (partOf(failure, 'code') !== 'ERR_STREAM_PREMATURE_CLOSE')
        exchange.handler?.log.error('the reply broke off', { error: failure })
      response.destroy()
      gone(parts, exchange, wanted)
    },
  )
}

/** Nothing is written: header fields that node refuses, or a stream that failed before its first byte. */
function unwritten(parts: DispatchParts, exchange: Exchange, failure: unknown): MaybePromise<void> {
  const { raw, response, handler } = exchange
  const error = httpErrorOf(failure)
  if (error.status >= 500) handler?.log.error('the reply cannot be written', { error: failure })
  let prepared = answerOfError(exchange, error)
  try {
    const writing = parts.write(raw, response, prepared)
    if (isPromise(writing)) letGo(writing)
  } catch (second) {
    // It has header fields that node refuses, too.
    handler?.log.error('the reply cannot be written', { error: second })
    prepared = answerOfError(exchange, new HttpError(500))
    parts.write(raw, response, prepared)
  }
  return finish(parts, exchange, prepared, prepared.status)
}

function gone(parts: DispatchParts, exchange: Exchange, prepared: Answer): void {
  if (typeof prepared.body === 'object' && 'destroy' in prepared.body) prepared.body.destroy()
  finish(parts, exchange, prepared, 499)
}

function finish(parts: DispatchParts, exchange: Exchange, prepared: Answer, status: number): void {
  const { connection } = exchange
  if (connection) parts.connections.answered(connection, exchange.pending)
  if (!parts.bus.watched(responded)) return
  const now = performance.now()
  const { request, actor, delivery, startedAt, handledAt } = exchange
  const unanswered = status === 499 && !isOutcome(delivery?.settlement)
  parts.bus.emit(responded, {
    adapter: parts.adapter,
    request,
    status,
    replacedStatus: unanswered || status === prepared.status ? undefined : prepared.status,
    contentLength: unanswered ? undefined : lengthOf(prepared.body),
    actor,
    handlerElapsed: (actor || delivery) && !request.excess ? (handledAt || now) - startedAt : undefined,
    elapsed: now - startedAt,
  })
}
