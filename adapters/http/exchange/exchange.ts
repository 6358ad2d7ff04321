import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { Envelope } from '../../../envelopes/index.ts'
import {
  type Actor,
  type CancellableDelivery,
  type Deliver,
  isPromise,
  type MaybePromise,
  partOf,
  type Settle,
} from '../../../kernel/adapter-kit.ts'
import type { Adapter, Bus, Settlement } from '../../../kernel/index.ts'
import { isOutcome, requested, responded } from '../access/request-events.ts'
import type { ClientAddress } from '../options/real-ip.ts'
import type { Overload } from '../overload/overload.ts'
import { EventStream } from '../reply/events.ts'
import { HttpError, httpErrorOf, statusFields } from '../reply/http-error.ts'
import { type Answer, answerOf, lengthOf } from '../reply/reply.ts'
import type { Write } from '../reply/writer.ts'
import { hasBody } from '../request/body.ts'
import { HttpRequest, queryOf } from '../request/request.ts'
import type { ErrorRouter } from '../routing/error-router.ts'
import type { Match } from '../routing/router.ts'
import type { HttpSource } from '../routing/source.ts'
import type { Connection } from '../server/connection.ts'
import type { Connections } from '../server/connections.ts'
import { leaveUnread } from '../server/unread-body.ts'
import { RequestDetails } from './request-details.ts'

/** What all exchanges of a server share; made when the server starts. */
export interface ExchangeParts {
  /** The server whose requests these are. */
  readonly adapter: Adapter
  readonly errors: ErrorRouter
  readonly deliver: Deliver
  readonly bus: Bus
  readonly write: Write
  readonly connections: Connections
  readonly clientMaxSize: number
  /** Who sent a request. */
  readonly client: ClientAddress
}

/** One request and its answer. The request becomes an envelope; the settlement of its delivery becomes the response. */
export class Exchange {
  readonly request: HttpRequest
  /** To be called when the request is no longer in flight; only of a request that counts as such. */
  leave: (() => void) | undefined
  readonly #parts: ExchangeParts
  readonly #raw: IncomingMessage
  readonly #response: ServerResponse
  /** Undefined for an injected request. */
  readonly #connection: Connection | undefined
  /** In milliseconds of `performance.now()`; 0 if nobody watched when the request came, who could learn nothing of it. */
  readonly #startedAt: number
  /** When the handler ended. */
  #handledAt = 0
  #actor: Actor<HttpSource> | undefined
  /** The actor that was called last: that of the route or of an error source. */
  #handler: Actor | undefined
  /** The delivery to the route or, without one, to the error source. */
  #delivery: CancellableDelivery | undefined
  /** The delivery whose handler still runs. */
  #pending: CancellableDelivery | undefined
  /** Whether an error source was called. */
  #isFailed = false
  /** How many answers could not be written. */
  #unwrittenAnswers = 0

  /** `limit` is that of the body, in bytes. */
  constructor(parts: ExchangeParts, raw: IncomingMessage, response: ServerResponse, limit: number) {
    const { adapter, client, connections, bus } = parts
    this.request = new HttpRequest(raw, limit, client)
    this.#parts = parts
    this.#raw = raw
    this.#response = response
    this.#connection = connections.of(raw.socket)
    if (this.#connection) this.#connection.active++
    this.#startedAt = bus.watched(responded) ? performance.now() : 0
    if (bus.watched(requested)) bus.emit(requested, { adapter, request: this.request })
  }

  /** Lets the actor of the route answer the request. */
  run({ target, params }: Match<Actor<HttpSource>>): void {
    const { request } = this
    this.#actor = target
    const given = { request, params, query: queryOf(request.url) }
    this.#deliver(target, given, (settlement, delivery) => this.#settled(settlement, delivery))
  }

  /** Answers a request that is shed: always in the same way, and without an error source. */
  shed({ answer }: Overload, actor: Actor<HttpSource> | undefined): MaybePromise<void> {
    this.#actor = actor
    return this.#conclude(answer)
  }

  /** Answers with an error: the error source of its status answers, else the error itself. */
  fail(error: HttpError): MaybePromise<void> {
    const { request } = this
    // An error source is called once: when its own answer fails, the answer to that is plain.
    const match = this.#isFailed ? undefined : this.#parts.errors.find(error.status, request.url)
    if (!match || this.#response.headersSent || this.#hasGone()) return this.#failPlainly(error)
    this.#isFailed = true
    const { target: actor, params } = match
    const given = { request, params, query: queryOf(request.url), status: error.status, error }
    // The error source's own delivery ends when it has been answered; the failed delivery does not wait for it.
    this.#deliver(actor, given, (settlement, delivery) => {
      this.#delivery ??= delivery
      if (settlement.state === 'acked') return this.#reply(settlement.reply, error.status, actor, error)
      if (settlement.state !== 'released') this.#logFailure('error handler failed', settlement.error)
      return this.#failPlainly(new HttpError(500, ''))
    })
  }

  /** Answers with what an error says. One that cannot be sent, such as one with the status 99, becomes a 500. */
  #failPlainly({ status, body, headers }: HttpError): MaybePromise<void> {
    let answer: Answer
    try {
      answer = answerOf([status, body, headers], status, 'an HttpError')
    } catch (failure) {
      this.#logFailure('handler failed', failure)
      return this.fail(new HttpError(500, undefined, { cause: failure }))
    }
    return this.#conclude(answer)
  }

  #deliver(actor: Actor, given: object, settle: Settle): void {
    this.#handler = actor
    const envelope = new Envelope(actor.address, given, new RequestDetails(this.request))
    const delivery = this.#parts.deliver(envelope, settle)
    this.#delivery ??= delivery
    if (delivery.settlement) return
    // That of the route has ended with the failure that an error source answers now.
    if (this.#pending) this.#connection?.ended(this.#pending)
    this.#pending = delivery
    this.#connection?.runs(delivery)
  }

  /** Turns the settlement of the route's delivery into the response. */
  #settled(settlement: Settlement, delivery: CancellableDelivery): MaybePromise<void> {
    // A handler may have ended before `deliver` returns.
    this.#delivery = delivery
    if (this.#parts.bus.watched(responded)) this.#handledAt = performance.now()
    if (settlement.state === 'acked') return this.#reply(settlement.reply, 200, this.#actor as Actor)
    // Released at the drain deadline, so that another instance can take it (RFC 9110, 15.6.4).
    if (settlement.state === 'released')
      return this.fail(new HttpError(503, undefined, { headers: { 'Retry-After': 1, Connection: 'close' } }))
    const error = httpErrorOf(settlement.error)
    if (error.status >= 500 && !this.#hasGone()) this.#logFailure('handler failed', error.cause ?? error)
    return this.fail(error)
  }

  /** Answers with what a handler has returned. */
  #reply(value: unknown, status: number, actor: Actor, error?: HttpError): MaybePromise<void> {
    let answer: Answer
    try {
      answer = answerOf(value, status, actor.address)
    } catch (failure) {
      this.#logFailure('handler failed', failure)
      return this.fail(httpErrorOf(failure))
    }
    const added = error && answer.status === error.status ? statusFields(error, answer.headers) : []
    return this.#conclude(added.length > 0 ? { ...answer, headers: [...answer.headers, ...added] } : answer)
  }

  /** Deals with a body that nobody has read, then writes the response. */
  #conclude(answer: Answer): MaybePromise<void> {
    const raw = this.#raw
    const connection = this.#connection
    // The first answer dealt with the body, even if it could not be written.
    if (!connection || raw.complete || this.#unwrittenAnswers > 0 || !hasBody(raw)) return this.#send(answer)
    const limit = this.#parts.clientMaxSize
    const streamed = answer.body instanceof Readable
    const left = leaveUnread({ raw, response: this.#response, connection, limit, streamed })
    return left ? left.then(() => this.#send(answer)) : this.#send(answer)
  }

  /** Writes the response and tells the bus when it has been sent. */
  #send(answer: Answer): MaybePromise<void> {
    const response = this.#response
    if (response.headersSent || this.#hasGone()) return this.#gone(answer)
    this.#connection?.answering(response, answer.headers)
    let sent: MaybePromise<void>
    try {
      sent = this.#parts.write(this.#raw, response, answer)
    } catch (failure) {
      return this.#unwritten(failure)
    }
    if (!isPromise(sent)) return this.#finish(answer, answer.status)
    // A stream of events lasts as long as its client wants, and costs little meanwhile.
    if (answer.body instanceof EventStream) this.leave?.()
    return sent.then(
      () => this.#finish(answer, answer.status),
      (failure: unknown) => {
        if (!response.headersSent && !this.#hasGone()) return this.#unwritten(failure)
        // A stream whose source fails destroys the socket; when the client leaves, the stream ends too early.
        if (partOf(failure, 'code') !== 'ERR_STREAM_PREMATURE_CLOSE')
          this.#logFailure('the reply broke off', failure)
        response.destroy()
        this.#gone(answer)
      },
    )
  }

  /** Nothing was written: node refused a header field, or a stream failed before its first byte. */
  #unwritten(failure: unknown): MaybePromise<void> {
    // The answers of a route and of an error may fail in turn. A plain 500 can always be written.
    const error = ++this.#unwrittenAnswers > 2 ? new HttpError(500) : httpErrorOf(failure)
    if (error.status >= 500) this.#logFailure('the reply cannot be written', failure)
    return this.fail(error)
  }

  /** The socket knows first: our listeners on it are called before those with which node ends the response. */
  #hasGone(): boolean {
    // node removes the socket from a request when a loop over its body is left.
    return this.#response.destroyed || (this.#connection ?? this.#raw).socket.destroyed
  }

  #gone(answer: Answer): void {
    if (answer.body instanceof Readable) answer.body.destroy()
    this.#finish(answer, 499)
  }

  /** Of the actor that was called last, with what identifies the request. */
  #logFailure(message: string, error: unknown): void {
    this.#handler?.log.error(message, { ...this.#delivery?.logFields, error })
  }

  #finish(answer: Answer, status: number): void {
    this.leave?.()
    this.#connection?.answered(this.#pending)
    const { bus, adapter } = this.#parts
    if (this.#startedAt === 0 || !bus.watched(responded)) return
    const now = performance.now()
    const unanswered = status === 499 && !isOutcome(this.#delivery?.settlement)
    bus.emit(responded, {
      adapter,
      request: this.request,
      status,
      replacedStatus: unanswered || status === answer.status ? undefined : answer.status,
      contentLength: unanswered ? undefined : lengthOf(answer.body),
      actor: this.#actor,
      delivery: this.#delivery,
      handlerElapsed:
        this.#handler && !this.request.excess ? (this.#handledAt || now) - this.#startedAt : undefined,
      elapsed: now - this.#startedAt,
    })
  }
}
