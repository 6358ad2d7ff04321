import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import type { Delivery } from '../../../kernel/index.ts'
import type { Connected, WebsocketGiven } from '../../websocket/index.ts'
import { api } from '../conventions/api.ts'
import { isExcluded } from '../conventions/excluded-urls.ts'
import { ownAttribute } from '../conventions/own-names.ts'
import { routeOf } from '../conventions/route.ts'
import { attribute } from '../conventions/semantic-conventions.ts'
import { ended, guarded } from './guarded.ts'
import { parentOf } from './parent.ts'

interface TracedConnection {
  readonly span: Span
  readonly context: Context
}

/** The spans of websockets: one from the opening to the end, and one for each thing that happens. */
export class Websockets {
  readonly #tracer: Tracer
  readonly #excluded: readonly RegExp[]
  readonly #connections = new Map<string, TracedConnection>()

  constructor(tracer: Tracer, excluded: readonly RegExp[]) {
    this.#tracer = tracer
    this.#excluded = excluded
  }

  /** Begins or ends the span of a connection. */
  connected({ id, request, actor, code, hasFailed }: Connected): void {
    if (code === undefined) {
      if (!isExcluded(this.#excluded, request.path))
        guarded(() => this.#open(id, request, routeOf(actor.source) ?? ''))
      return
    }
    const span = this.#connections.get(id)?.span
    this.#connections.delete(id)
    if (!span) return
    ended(span, () => {
      span.setAttribute(ownAttribute.WEBSOCKET_CLOSE_CODE, code)
      if (!hasFailed) return
      span.setAttribute(attribute.ERROR_TYPE, `${code}`)
      span.setStatus({ code: api.SpanStatusCode.ERROR })
    })
  }

  /**
   * Begins the span of an event. The opening and the close are part of the trace of the connection. Each message begins a
   * trace of its own with a link to the connection: one that stays open for days would else make a trace without end.
   */
  begin({ envelope, actor }: Delivery): TracedConnection | undefined {
    const { socket, event } = envelope.given as WebsocketGiven<unknown>
    const connection = this.#connections.get(socket.id)
    if (!connection) return undefined
    const isMessage = event === 'message'
    const route = routeOf(actor.source) ?? ''
    const parent = isMessage ? api.ROOT_CONTEXT : connection.context
    const span = this.#tracer.startSpan(
      `${event} ${route}`,
      {
        kind: isMessage ? api.SpanKind.SERVER : api.SpanKind.INTERNAL,
        attributes: attributesOf(socket.id, route),
        links: isMessage ? [{ context: connection.span.spanContext() }] : [],
      },
      parent,
    )
    return { span, context: api.trace.setSpan(parent, span) }
  }

  #open(id: string, request: Connected['request'], route: string): void {
    const { raw, ip } = request
    const parent = parentOf(raw.headers, api.context.active())
    const attributes: Attributes = {
      ...attributesOf(id, route),
      [attribute.HTTP_REQUEST_METHOD]: 'GET',
      [attribute.HTTP_RESPONSE_STATUS_CODE]: 101,
      [attribute.URL_PATH]: request.path,
      ...(ip === undefined ? {} : { [attribute.CLIENT_ADDRESS]: ip }),
    }
    const options = { kind: api.SpanKind.SERVER, attributes }
    const span = this.#tracer.startSpan(`websocket ${route}`, options, parent)
    this.#connections.set(id, { span, context: api.trace.setSpan(parent, span) })
  }
}

function attributesOf(id: string, route: string): Attributes {
  return {
    [attribute.HTTP_ROUTE]: route,
    [attribute.NETWORK_PROTOCOL_NAME]: 'websocket',
    [ownAttribute.WEBSOCKET_CONNECTION_ID]: id,
  }
}
