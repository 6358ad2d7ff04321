import type { Envelope } from '../../../envelopes/index.ts'
import type { Instrument } from '../instrument.ts'
import { currentContext } from './context.ts'

/** Headers of a distributed trace: W3C Trace Context and W3C Baggage. */
export interface TraceHeaders {
  readonly traceparent?: string
  readonly tracestate?: string
  readonly baggage?: string
}

const parent = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(-.*)?$/
const printable = /^[\t\x20-\x7e]+$/

/**
 * The trace headers that came with what is being handled, for an adapter to send along with whatever the handler sends.
 * Empty outside of handlers. A `traceparent` that is none is left out with its `tracestate` (Trace Context, 3.2.2), and both
 * where what is sent has a `traceparent` of its own: the state of one trace says nothing in another.
 */
export function traceHeaders(own?: object): TraceHeaders {
  const headers = currentContext()?.envelope.headers
  return headers ? headersOf(headers, own) : {}
}

/**
 * The headers of what is sent, and those of the trace that it has not itself: what the instrument injects or, if that is
 * nothing, those of `traceHeaders`. Both together would be of two traces. Where there are none the headers are not copied.
 */
export function withTrace<Headers extends object>(
  own: Headers,
  instrument?: Instrument | undefined,
): Headers & TraceHeaders {
  const headers = currentContext()?.envelope.headers
  if (!instrument || 'traceparent' in own) return headers ? { ...headersOf(headers, own), ...own } : own
  return { ...(injectedBy(instrument) ?? (headers ? headersOf(headers, own) : {})), ...own }
}

/** Without empty values, which not every transport takes. */
function injectedBy(instrument: Instrument): TraceHeaders | undefined {
  const injected: Record<string, unknown> = {}
  instrument.inject(injected)
  const entries = Object.entries(injected).filter(([, value]) => value !== '')
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** The trace that came with headers, as log fields; none where their `traceparent` is none. */
export function traceOf({ traceparent }: Envelope['headers']): Readonly<Record<string, string>> {
  if (!isText(traceparent) || !parent.test(traceparent)) return {}
  const [, trace = '', span = ''] = traceparent.split('-')
  return { trace_id: trace, parent_span_id: span }
}

function headersOf(headers: Envelope['headers'], own?: object): TraceHeaders {
  const { traceparent, tracestate, baggage } = headers
  const traced = !(own && 'traceparent' in own) && isText(traceparent) && parent.test(traceparent)
  return {
    ...(traced ? { traceparent } : {}),
    ...(traced && isText(tracestate) ? { tracestate } : {}),
    ...(isText(baggage) ? { baggage } : {}),
  }
}

/** What no transport can take for anything but the value of one header. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && printable.test(value)
}
