import type { Context, Link } from '@opentelemetry/api'
import { api } from '../conventions/api.ts'

type Headers = Readonly<Record<string, unknown>>

/** Names in any case: HTTP has them in lower case, but who sends messages may write `Traceparent`. */
const getter = {
  keys: (headers: Headers) => Object.keys(headers),
  get(headers: Headers, name: string): string | undefined {
    const value = headers[name] ?? otherCase(headers, name)
    // Some brokers hand text over as bytes.
    return value instanceof Uint8Array ? Buffer.from(value).toString() : listed(value)
  },
}

function otherCase(headers: Headers, name: string): unknown {
  for (const key in headers) if (key.length === name.length && key.toLowerCase() === name) return headers[key]
  return undefined
}

/** A field that was sent more than once is a list (`tracestate`, `baggage`). */
function listed(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.join(',') : undefined
}

/**
 * The context that came with headers: that of whoever has sent them. Within a span, such as that of another
 * instrumentation of the server, it is the one of that span.
 */
export function parentOf(headers: Headers, within: Context = api.ROOT_CONTEXT): Context {
  return api.trace.getSpan(within) ? within : api.propagation.extract(within, headers, getter)
}

/** A link to each of the messages whose headers these are, as far as they were traced, and to none twice. */
export function linksTo(messages: readonly { readonly headers: Headers }[]): Link[] {
  const links = new Map<string, Link>()
  for (const { headers } of messages) {
    const context = api.trace.getSpanContext(parentOf(headers))
    if (context && !links.has(context.spanId)) links.set(context.spanId, { context })
  }
  return [...links.values()]
}
