import type { Span } from '@opentelemetry/api'
import { nameOf, reasonOf, redactText, stackOf } from '../../../kernel/adapter-kit.ts'
import { api } from '../conventions/api.ts'
import { errorTypeOf } from '../conventions/error-type.ts'
import { attribute } from '../conventions/semantic-conventions.ts'

/** Marks a span as failed because of what was thrown, and keeps that as an event. Secrets in its text are redacted. */
export function failed(span: Span, thrown: unknown): void {
  const message = redactText(reasonOf(thrown))
  const stack = stackOf(thrown)
  span.setAttribute(attribute.ERROR_TYPE, errorTypeOf(thrown))
  span.setStatus({ code: api.SpanStatusCode.ERROR, message })
  span.addEvent('exception', {
    [attribute.EXCEPTION_TYPE]: nameOf(thrown),
    [attribute.EXCEPTION_MESSAGE]: message,
    ...(stack === undefined ? {} : { [attribute.EXCEPTION_STACKTRACE]: redactText(stack) }),
  })
}
