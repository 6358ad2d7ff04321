import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type Instrument, isA, partOf, reasonOf, textOf } from '../../../kernel/adapter-kit.ts'
import { type Bus, getLogger, TomodachiError } from '../../../kernel/index.ts'
import type { HeaderFields } from '../reply/reply.ts'
import type { Deadline } from './deadline.ts'
import { decoded } from './decoded-body.ts'
import { tracedFields } from './headers.ts'
import { isObserved, observed } from './observed.ts'
import type { ResolvedClientOptions } from './options.ts'
import { isForm, type Payload, undiciForm } from './payload.ts'

/** A call that is ready to be sent. */
export interface PreparedCall {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Method, origin and path, for people; without the query, which may hold a secret. */
  readonly call: string
  /** With names in lower case, without those of the trace. */
  readonly headers: HeaderFields
  readonly payload: Payload
  /** Whether it may arrive at the server more than once. */
  readonly idempotent: boolean
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  /** Whether the body of a 2xx answer is left unread. */
  readonly streams: boolean
}

/** An answer with any status. Its body has been read, or is a stream. */
export interface UnparsedResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer | Readable
}

/** The outcome of one attempt. */
export type Outcome = { readonly answer: UnparsedResponse } | { readonly failure: TomodachiError }

const overloaded: ReadonlySet<number> = new Set([429, 502, 503, 504])
const log = getLogger('tomodachi.http.client')

export function isOk(status: number): boolean {
  return status >= 200 && status < 300
}

/**
 * Sends a call, and repeats it if that is harmless and may help. Rejects with `CALL_FAILED`, `CALL_TIMEOUT` or
 * `RESPONSE_TOO_LARGE`, with the reason of the deadline's signal, or with the failure of the caller's own stream.
 */
export async function send(
  pool: Dispatcher,
  prepared: PreparedCall,
  options: ResolvedClientOptions,
  deadline: Deadline,
  bus: Bus,
): Promise<UnparsedResponse> {
  const { name: adapter, url: origin } = options
  const attemptNow = () => attemptOf(pool, prepared, options, deadline, bus.instrument)
  for (let attempt = 1; ; attempt++) {
    const outcome = await (isObserved(bus)
      ? observed(bus, { adapter, origin, attempt, call: prepared, send: attemptNow })
      : attemptNow())
    const wait = attempt < options.attempts ? waitAfter(outcome, options.backoff(attempt)) : undefined
    const again = prepared.idempotent && prepared.payload.repeatable
    if (wait === undefined || !again || wait >= deadline.remaining) {
      if ('failure' in outcome) throw outcome.failure
      return outcome.answer
    }
    const reason = 'failure' in outcome ? outcome.failure.message : `the status ${outcome.answer.status}`
    log.debug('trying a call again', { call: prepared.call, attempt, wait, reason })
    await deadline.pause(wait)
  }
}

async function attemptOf(
  pool: Dispatcher,
  { method, target, call, headers, payload, streams }: PreparedCall,
  options: ResolvedClientOptions,
  deadline: Deadline,
  instrument: Instrument | undefined,
): Promise<Outcome> {
  const { signal } = deadline
  const { content = null } = payload
  try {
    const response = await pool.request({
      origin: options.url,
      method: method as 'GET',
      path: target,
      headers: tracedFields(headers, instrument),
      body: (isForm(content) ? await undiciForm(content) : content) as string | null,
      signal,
      onInfo: interimLimit(call, options.headersTimeout, deadline),
    })
    const { statusCode: status } = response
    try {
      const { headers: fields, body } = decoded(call, method, response)
      const unread = streams && isOk(status)
      const read = unread ? body : await bytesOf(body, options.maxResponseSize, call)
      return { answer: { status, headers: fields, body: read } }
    } catch (error) {
      const failure = failureOf(call, error, options)
      if (isOk(status) || !isOfBody(failure) || signal.aborted) throw error
      // The status says more than an unusable body.
      return { answer: { status, headers: response.headers, body: Buffer.alloc(0) } }
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const own = payload.failure()
    if (own !== undefined) throw own
    return { failure: failureOf(call, error, options) }
  }
}

/** undici restarts its limit with each interim answer; this ends the call when interim answers go on for longer. */
function interimLimit(call: string, milliseconds: number, deadline: Deadline): () => void {
  let since: number | undefined
  return () => {
    since ??= performance.now()
    if (performance.now() - since > milliseconds)
      deadline.cut(new TomodachiError('CALL_TIMEOUT', { call, limit: 'headersTimeout', milliseconds }))
  }
}

async function bytesOf(body: Readable, limit: number, call: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new TomodachiError('RESPONSE_TOO_LARGE', { call, limit })
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)
}

/** Milliseconds until the next attempt; undefined when another one would not help. */
function waitAfter(outcome: Outcome, backoff: number): number | undefined {
  if ('failure' in outcome) return isTransient(outcome.failure) ? backoff : undefined
  const { status, headers } = outcome.answer
  return overloaded.has(status) ? Math.max(backoff, retryAfter(headers['retry-after'])) : undefined
}

/** The forms of a date in HTTP (RFC 9110, 5.6.7). All are in GMT, even the last one, which does not name it. */
const httpDate = /^[a-z]{3,9}, \d\d[ -][a-z]{3}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/i
const asctimeDate = /^[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/i

/** Milliseconds that a Retry-After asks for (RFC 9110, 10.2.3): seconds, or a date. 0 for anything else. */
function retryAfter(value: unknown): number {
  const text = typeof value === 'string' ? value : ''
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const date = httpDate.test(text) ? text : asctimeDate.test(text) ? `${text} GMT` : ''
  return Math.max(0, Date.parse(date) - Date.now()) || 0
}

const limits = {
  UND_ERR_CONNECT_TIMEOUT: 'connectTimeout',
  UND_ERR_HEADERS_TIMEOUT: 'headersTimeout',
  UND_ERR_BODY_TIMEOUT: 'bodyTimeout',
} as const

/** The failure of undici as one of our errors: an exceeded limit, or no answer. */
function failureOf(call: string, error: unknown, options: ResolvedClientOptions): TomodachiError {
  if (isA(error, TomodachiError)) return error
  const code = textOf(partOf(error, 'code'))
  const limit = limits[code as keyof typeof limits] as (typeof limits)[keyof typeof limits] | undefined
  const cause = { cause: error }
  if (limit) return new TomodachiError('CALL_TIMEOUT', { call, limit, milliseconds: options[limit] }, cause)
  // A host with several addresses fails with one error for all of them, whose message is empty.
  return new TomodachiError('CALL_FAILED', { call, reason: reasonOf(error) || code }, cause)
}

/** Whether the next attempt may succeed: after any failure of the connection, but not after a late answer. */
function isTransient({ code, values }: TomodachiError): boolean {
  if (code === 'CALL_TIMEOUT') return (values as { readonly limit: string }).limit === 'connectTimeout'
  return code === 'CALL_FAILED'
}

/** Whether the answer was complete, but its body cannot be used. */
function isOfBody({ code }: TomodachiError): boolean {
  return code === 'RESPONSE_UNPARSABLE' || code === 'RESPONSE_TOO_LARGE'
}
