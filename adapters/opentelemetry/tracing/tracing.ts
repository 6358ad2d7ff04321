import type { Context, Span, Tracer } from '@opentelemetry/api'
import { type Instrument, partOf, redactText } from '../../../kernel/adapter-kit.ts'
import type { Bus, Delivery } from '../../../kernel/index.ts'
import type { HttpGiven, HttpRequest } from '../../http/index.ts'
import { api } from '../conventions/api.ts'
import { connected, responded } from '../conventions/events.ts'
import { ownAttribute } from '../conventions/own-names.ts'
import { departing, inject } from './departures.ts'
import { failed } from './failure.ts'
import { ended, guarded } from './guarded.ts'
import { HttpRequests } from './http-requests.ts'
import { Kept } from './kept.ts'
import { type Beginning, isMessage, processing } from './messages.ts'
import { parentOf } from './parent.ts'
import { ticking } from './ticks.ts'
import { Websockets } from './websockets.ts'

/** The spans of a kernel. */
export interface Tracing {
  readonly instrument: Instrument
  /**
   * Ends spans when the bus says how their work ended, as long as there is the bus: other adapters may still be busy when
   * this one is closed.
   */
  watch(bus: Bus): void
  /** The span of a delivery's work, if it has one, also when it has ended. */
  spanOf(delivery: Delivery): Span | undefined
  /** The span of a request, if it has one, also when it has ended. */
  spanOfRequest(request: HttpRequest): Span | undefined
}

/** Makes spans with a tracer. Requests and websockets whose path is excluded have none. */
export function tracing(excluded: readonly RegExp[], tracer: Tracer): Tracing {
  const spans = new DeliverySpans(tracer)
  const requests = new HttpRequests(tracer, excluded)
  const websockets = new Websockets(tracer, excluded)
  const spanOf = (delivery: Delivery) =>
    delivery.actor.source.transport === 'http'
      ? requests.spanOf((delivery.envelope.given as HttpGiven).request)
      : spans.of(delivery)

  return {
    spanOf,
    spanOfRequest: (request) => requests.spanOf(request),
    instrument: {
      name: 'opentelemetry',
      enter(delivery, run) {
        const { transport } = delivery.actor.source
        if (transport === 'http') return requests.enter(delivery, run)
        if (transport !== 'websocket') return spans.enter(delivery, run)
        const begun = guarded(() => websockets.begin(delivery))
        return begun ? spans.run(delivery, begun, run) : run()
      },
      leave: (departure, send) => departing(tracer, departure, send),
      inject,
      fields: (delivery) => fieldsOf(api.trace.getActiveSpan() ?? spanOf(delivery)),
    },
    watch(bus) {
      bus.on('settled', (delivery) => spans.settled(delivery))
      bus.on(responded, (event) => requests.responded(event))
      bus.on(connected, (event) => websockets.connected(event))
    },
  }
}

/** The spans of deliveries but for those of requests: from the handler's call until the transport has been told. */
class DeliverySpans {
  readonly #tracer: Tracer
  readonly #spans = new Kept<Delivery, Span>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  of(delivery: Delivery): Span | undefined {
    return this.#spans.get(delivery)
  }

  enter(delivery: Delivery, run: () => unknown): unknown {
    const begun = guarded(() => this.#begin(delivery))
    return begun ? this.run(delivery, begun, run) : run()
  }

  run(delivery: Delivery, { span, context }: { span: Span; context: Context }, run: () => unknown): unknown {
    this.#spans.set(delivery, span)
    return api.context.with(context, run)
  }

  /** Ends the span. A delivery that failed before its handler could be called gets one, so that its failure is seen. */
  settled(delivery: Delivery): void {
    const { settlement } = delivery
    const { transport } = delivery.actor.source
    if (!settlement || transport === 'http') return
    const error = 'error' in settlement ? settlement.error : undefined
    const begun = this.#spans.get(delivery)
    // The event of a websocket without a span is of one that is excluded.
    const isLate = !begun && error !== undefined && transport !== 'websocket'
    const begunAt = isLate ? delivery.receivedAt || undefined : undefined
    const span = isLate ? guarded(() => this.#late(delivery, begunAt)) : begun
    if (!span) return
    const describe = () => {
      span.setAttribute(ownAttribute.SETTLEMENT, settlement.state)
      if (settlement.state !== 'acked')
        span.setAttribute(ownAttribute.SETTLEMENT_REASON, redactText(settlement.reason))
      if (error !== undefined) failed(span, error)
    }
    ended(span, describe, begunAt)
  }

  #late(delivery: Delivery, begunAt: number | undefined): Span {
    const { span } = this.#begin(delivery, begunAt)
    this.#spans.set(delivery, span)
    return span
  }

  #begin(delivery: Delivery, startTime?: number): { span: Span; context: Context } {
    const { name, options } = beginningOf(delivery)
    const parent = options.links?.length ? api.ROOT_CONTEXT : parentOf(delivery.envelope.headers)
    const span = this.#tracer.startSpan(name, startTime ? { ...options, startTime } : options, parent)
    return { span, context: api.trace.setSpan(parent, span) }
  }
}

function beginningOf(delivery: Delivery): Beginning {
  if (isMessage(delivery)) return processing(delivery)
  if (delivery.actor.source.transport === 'schedule') return ticking(delivery)
  return { name: delivery.actor.address, options: { kind: api.SpanKind.CONSUMER } }
}

/** What log records say of a span; nothing if it is not part of a trace. */
function fieldsOf(span: Span | undefined): Readonly<Record<string, string>> | undefined {
  const spanContext = span?.spanContext()
  // Without an SDK there are only spans that belong to no trace.
  if (!spanContext || !api.isSpanContextValid(spanContext)) return undefined
  const { traceId, spanId, isRemote } = spanContext
  // Of work without a span of its own: its caller's.
  if (isRemote) return { trace_id: traceId, parent_span_id: spanId }
  const parent = partOf(partOf(span, 'parentSpanContext'), 'spanId') ?? partOf(span, 'parentSpanId')
  return {
    trace_id: traceId,
    span_id: spanId,
    ...(typeof parent === 'string' ? { parent_span_id: parent } : {}),
  }
}
