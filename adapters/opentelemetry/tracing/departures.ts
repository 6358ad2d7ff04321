import type { Attributes, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import { type Departure, isPromise, type MaybePromise, partOf } from '../../../kernel/adapter-kit.ts'
import { api } from '../conventions/api.ts'
import { attribute, KNOWN_METHODS, systemOf, withoutBrackets } from '../conventions/semantic-conventions.ts'
import { failed } from './failure.ts'
import { ended, guarded } from './guarded.ts'

/** Sends within a span of its own: a publish, a request with reply, or an attempt of a call. */
export function departing<Result>(
  tracer: Tracer,
  departure: Departure,
  send: () => MaybePromise<Result>,
): MaybePromise<Result> {
  const parent = api.context.active()
  const isCall = departure.transport === 'http'
  const span = guarded(() =>
    tracer.startSpan(...(isCall ? calling(departure) : publishing(departure)), parent),
  )
  if (!span) return send()
  const conclude = isCall ? concludeCall : concludePublish
  const left = (result: Result): Result => {
    ended(span, () => conclude(span, departure))
    return result
  }
  const broken = (error: unknown): never => {
    ended(span, () => {
      conclude(span, departure)
      failed(span, error)
    })
    throw error
  }
  const current = api.trace.setSpan(parent, span)
  let sending: MaybePromise<Result>
  try {
    sending = api.context.with(isCall ? current.setValue(suppressed, true) : current, send)
  } catch (error) {
    return broken(error)
  }
  return isPromise(sending) ? sending.then(left, broken) : left(sending)
}

/**
 * What instrumentations of HTTP clients ask whether they are to leave a call alone. They would add a second span and
 * second headers to ours. It is the key of `suppressTracing` in @opentelemetry/core.
 */
const suppressed = api.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** Adds the headers of the running span. A call has one, although everything below it is suppressed. */
export function inject(headers: Record<string, unknown>): void {
  guarded(() => api.propagation.inject(api.context.active().deleteValue(suppressed), headers))
}

function publishing({ transport, operation, target }: Departure): [string, SpanOptions] {
  const isRequest = operation === 'request'
  const attributes: Attributes = {
    [attribute.MESSAGING_SYSTEM_NAME]: systemOf(transport),
    [attribute.MESSAGING_OPERATION_NAME]: operation,
    [attribute.MESSAGING_OPERATION_TYPE]: 'send',
    [attribute.MESSAGING_DESTINATION_NAME]: target,
  }
  const kind = isRequest ? api.SpanKind.CLIENT : api.SpanKind.PRODUCER
  return [`${operation} ${target}`, { kind, attributes }]
}

/** Brokers name the parts of their messages as their protocol does. */
function concludePublish(span: Span, { transport, facts }: Departure): void {
  const { bytes, message } = facts
  if (typeof bytes === 'number') span.setAttribute(attribute.MESSAGING_MESSAGE_BODY_SIZE, bytes)
  const routingKey = partOf(message, 'routingKey')
  if (typeof routingKey === 'string')
    span.setAttribute(attribute.RABBITMQ_DESTINATION_ROUTING_KEY, routingKey)
  const id = partOf(partOf(message, 'fields'), 'messageId')
  if (typeof id === 'string') span.setAttribute(attribute.MESSAGING_MESSAGE_ID, id)
  const address = partOf(message, 'address')
  if (transport !== 'sns-sqs' || typeof address !== 'string') return
  if (partOf(message, 'kind') !== 'topic') span.setAttribute(attribute.AWS_SQS_QUEUE_URL, address)
  else {
    span.setAttribute(attribute.MESSAGING_SYSTEM_NAME, 'aws.sns')
    if (address.startsWith('arn:')) span.setAttribute(attribute.AWS_SNS_TOPIC_ARN, address)
  }
}

function calling({ operation, target, facts }: Departure): [string, SpanOptions] {
  const method = KNOWN_METHODS.has(operation) ? operation : '_OTHER'
  const { protocol, hostname, port } = new URL(target)
  const attributes: Attributes = {
    [attribute.HTTP_REQUEST_METHOD]: method,
    [attribute.SERVER_ADDRESS]: withoutBrackets(hostname),
    [attribute.SERVER_PORT]: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    [attribute.URL_FULL]: target,
  }
  if (method === '_OTHER') attributes[attribute.HTTP_REQUEST_METHOD_ORIGINAL] = operation
  const { attempt } = facts
  if (typeof attempt === 'number' && attempt > 1)
    attributes[attribute.HTTP_REQUEST_RESEND_COUNT] = attempt - 1
  return [method === '_OTHER' ? 'HTTP' : method, { kind: api.SpanKind.CLIENT, attributes }]
}

/** For a client every status from 400 on is an error. */
function concludeCall(span: Span, { facts }: Departure): void {
  const { status, error } = facts
  if (typeof status === 'number') {
    span.setAttribute(attribute.HTTP_RESPONSE_STATUS_CODE, status)
    if (status < 400) return
    span.setAttribute(attribute.ERROR_TYPE, `${status}`)
    span.setStatus({ code: api.SpanStatusCode.ERROR })
  } else if (error !== undefined) failed(span, error)
}
