import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import { redactText } from '../../../kernel/adapter-kit.ts'
import type { Delivery } from '../../../kernel/index.ts'
import type { HttpGiven, HttpRequest, Responded } from '../../http/index.ts'
import { api } from '../conventions/api.ts'
import { isExcluded } from '../conventions/excluded-urls.ts'
import { routeOf } from '../conventions/route.ts'
import { schemeOf } from '../conventions/scheme.ts'
import { attribute, KNOWN_METHODS, withoutBrackets } from '../conventions/semantic-conventions.ts'
import { failed } from './failure.ts'
import { ended, guarded } from './guarded.ts'
import { Kept } from './kept.ts'
import { parentOf } from './parent.ts'

/** The span of a request, and the deliveries that it led to: to its route, and to an error source. */
interface TracedRequest {
  readonly span: Span
  readonly context: Context
  readonly delivery: Delivery | undefined
  /** In milliseconds of `performance.now()`, unless it is when the span was made. */
  readonly begunAt: number | undefined
}

/** The spans of a server's requests: from their arrival until their answer has been sent. */
export class HttpRequests {
  readonly #tracer: Tracer
  readonly #excluded: readonly RegExp[]
  readonly #requests = new Kept<HttpRequest, TracedRequest>()
  #host: string | undefined
  #hostAttributes: Attributes = {}

  constructor(tracer: Tracer, excluded: readonly RegExp[]) {
    this.#tracer = tracer
    this.#excluded = excluded
  }

  /** Runs a handler within the span of its request. An error source runs within that of the request that failed. */
  enter(delivery: Delivery, run: () => unknown): unknown {
    const { request } = delivery.envelope.given as HttpGiven
    const traced = this.#requests.get(request) ?? guarded(() => this.#begin(request, delivery))
    // What an excluded request leads to still belongs to the trace that it came with.
    return api.context.with(traced?.context ?? parentOf(request.headers, api.context.active()), run)
  }

  /** Ends the span of a request with what was sent; one that reached no handler has none yet. */
  responded({ request, status, actor, delivery, elapsed }: Responded): void {
    const begunAt = performance.now() - elapsed
    const traced =
      this.#requests.get(request) ?? guarded(() => this.#begin(request, delivery, actor?.source, begunAt))
    if (!traced) return
    const { span } = traced
    const describe = () => {
      span.setAttribute(attribute.HTTP_RESPONSE_STATUS_CODE, status)
      if (status >= 500) fail(span, status, traced.delivery ?? delivery)
    }
    ended(span, describe, traced.begunAt)
  }

  spanOf(request: HttpRequest): Span | undefined {
    return this.#requests.get(request)?.span
  }

  #begin(
    request: HttpRequest,
    delivery: Delivery | undefined,
    source = delivery?.actor.source,
    begunAt = delivery?.receivedAt || undefined,
  ): TracedRequest | undefined {
    const { raw } = request
    // A proxy's form of a target has the origin in front (RFC 9112, 3.2.2).
    const target = request.url.startsWith('/') ? request.url : request.url.replace(/^https?:\/\/[^/?]*/i, '')
    const queryAt = target.indexOf('?')
    const path = queryAt < 0 ? target : target.slice(0, queryAt)
    if (this.#excluded.length > 0 && isExcluded(this.#excluded, path)) return undefined
    const method = KNOWN_METHODS.has(request.method) ? request.method : '_OTHER'
    const route = routeOf(source)
    const attributes: Attributes = {
      [attribute.HTTP_REQUEST_METHOD]: method,
      [attribute.URL_PATH]: path,
      [attribute.URL_SCHEME]: schemeOf(raw),
    }
    if (route !== undefined) attributes[attribute.HTTP_ROUTE] = route
    // With its question mark, by which a signature is known.
    if (queryAt >= 0) attributes[attribute.URL_QUERY] = redactText(target.slice(queryAt)).slice(1)
    const { host, 'user-agent': agent } = request.headers
    const { ip } = request
    if (agent !== undefined) attributes[attribute.USER_AGENT_ORIGINAL] = agent
    if (ip !== undefined) attributes[attribute.CLIENT_ADDRESS] = ip
    // Most requests name the same host as the one before.
    if (host !== this.#host) [this.#host, this.#hostAttributes] = [host, host ? hostOf(host) : {}]
    Object.assign(attributes, this.#hostAttributes)
    const active = api.context.active()
    const parent = parentOf(request.headers, active)
    const verb = method === '_OTHER' ? 'HTTP' : method
    const name = route === undefined ? verb : `${verb} ${route}`
    const options: SpanOptions = { kind: api.SpanKind.SERVER, attributes }
    if (begunAt !== undefined) options.startTime = begunAt
    const span = this.#tracer.startSpan(name, options, parent)
    if (span.isRecording()) describe(span, request, method)
    const traced = { span, context: api.trace.setSpan(parent, span), delivery, begunAt }
    this.#requests.set(request, traced)
    return traced
  }
}

function hostOf(host: string): Attributes {
  const [, address, port] = /^(.+?)(?::(\d{1,5}))?$/.exec(host) ?? []
  return {
    ...(address ? { [attribute.SERVER_ADDRESS]: withoutBrackets(address) } : {}),
    ...(port ? { [attribute.SERVER_PORT]: Number(port) } : {}),
  }
}

/** What no sampler needs. */
function describe(span: Span, request: HttpRequest, method: string): void {
  const { raw } = request
  // node removes the socket from a request when a loop over its body is left.
  const { remoteAddress, remotePort } = raw.socket ?? {}
  if (method === '_OTHER') span.setAttribute(attribute.HTTP_REQUEST_METHOD_ORIGINAL, request.method)
  if (remoteAddress !== undefined) span.setAttribute(attribute.NETWORK_PEER_ADDRESS, remoteAddress)
  if (remotePort !== undefined) span.setAttribute(attribute.NETWORK_PEER_PORT, remotePort)
  span.setAttribute(attribute.NETWORK_PROTOCOL_VERSION, raw.httpVersion)
}

/** With what the handler has thrown, unless it has answered with such a status itself. */
function fail(span: Span, status: number, delivery: Delivery | undefined): void {
  const { settlement } = delivery ?? {}
  if (settlement && 'error' in settlement && settlement.error !== undefined)
    return failed(span, settlement.error)
  span.setAttribute(attribute.ERROR_TYPE, `${status}`)
  span.setStatus({ code: api.SpanStatusCode.ERROR })
}
