import {
  currentContext,
  flag,
  objectWith,
  optionShape,
  type Resolved,
  resolveOptions,
  type ShapesOf,
  schemaOption,
} from '../../../kernel/adapter-kit.ts'
import { type Duration, type Schema, TomodachiError } from '../../../kernel/index.ts'
import type { HeaderFields } from '../reply/reply.ts'
import type { PreparedCall } from './attempts.ts'
import { acceptedCodings } from './decoded-body.ts'
import { headersOption, ownFields } from './headers.ts'
import { type ResolvedClientOptions, timeoutOption } from './options.ts'
import { type CallBody, isForm, payloadOf } from './payload.ts'
import { type CallParams, type CallQuery, targetOf } from './target.ts'

/**
 * Options of one call. `Data` is the output of its schema; `Throws` says whether the call rejects for a status outside
 * of 200 to 299.
 */
export interface CallOptions<Data = unknown, Throws extends boolean = boolean> {
  /** Added to the path. An array becomes a parameter for each value; undefined and null are left out. */
  readonly query?: CallQuery | undefined
  /** Header fields. They replace fields of the client and of the trace; undefined removes a field. */
  readonly headers?: HeaderFields | undefined
  /**
   * The body. A string is sent as `text/plain; charset=utf-8`, `URLSearchParams` and `FormData` as forms, bytes and
   * streams without a content type. A content type in the headers takes precedence.
   */
  readonly body?: CallBody | undefined
  /** A value to send as JSON, instead of `body`. */
  readonly json?: unknown
  /**
   * A schema for the answer: any Standard Schema. It types `data`. A 2xx answer that does not fit it rejects with
   * `RESPONSE_INVALID`.
   */
  readonly schema?: Schema<unknown, Data> | undefined
  /** How long the call may take, with all its retries. Default: that of the client. */
  readonly timeout?: Duration | undefined
  /** Cancels the call, which then rejects with its reason. Default: the signal of the handler that calls. */
  readonly signal?: AbortSignal | undefined
  /**
   * Whether the call may safely arrive more than once, so that it can be retried. Default: true for GET, HEAD, OPTIONS,
   * PUT and DELETE, and for calls with an `Idempotency-Key`.
   */
  readonly idempotent?: boolean | undefined
  /** Whether a status outside of 200 to 299 rejects with `RESPONSE_NOT_OK`. Default true. */
  readonly throwOnError?: Throws | undefined
}

/**
 * The values of the parameters in a path such as `/orders/:id`. Each is encoded, so that it stays within its segment.
 */
export interface ParamsOption<Path extends string> {
  readonly params?: CallParams<Path> | undefined
}

/** Options of a call whose answer is not read: all except the schema. */
export type StreamOptions = Omit<CallOptions, 'schema'>

/** For options that are checked where they are used. */
const anything = optionShape<unknown>(undefined, 'any value', (value) => value)

const streamShapes = {
  params: anything,
  query: anything,
  headers: headersOption(),
  body: anything,
  json: anything,
  timeout: timeoutOption(undefined),
  signal: objectWith<AbortSignal>(['addEventListener', 'throwIfAborted'], 'an AbortSignal'),
  idempotent: flag(undefined),
  throwOnError: flag(true),
} satisfies ShapesOf<StreamOptions & ParamsOption<string>>

const shapes = { ...streamShapes, schema: schemaOption() } satisfies ShapesOf<
  CallOptions & ParamsOption<string>
>

/** Names that other clients have for these options. */
const renamed = { data: 'json', searchParams: 'query', form: 'body' }

/** Options of a call that were checked. */
export type ResolvedCallOptions = Resolved<typeof streamShapes> & { readonly schema?: Schema | undefined }

/** Checks the options of a call made by `verb`. `stream` takes no schema. Throws `OPTION_INVALID`. */
export function resolveCall(verb: string, options: CallOptions & ParamsOption<string>): ResolvedCallOptions {
  const known: typeof streamShapes = verb === 'stream' ? streamShapes : shapes
  return resolveOptions(`client.${verb}`, options, known, { renamed })
}

/** RFC 9110, 9.2.2. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Where a call goes. Throws `OPTION_INVALID`. */
export function addressOf(
  { url }: ResolvedClientOptions,
  method: string,
  path: string,
  { params, query }: ResolvedCallOptions,
): Pick<PreparedCall, 'method' | 'target' | 'call'> {
  if (!/^[A-Z]+$/.test(method) || method === 'CONNECT') {
    const expected = 'a method such as GET, in capitals'
    throw new TomodachiError('OPTION_INVALID', { option: 'client.request(method)', expected, actual: method })
  }
  const target = targetOf(path, params, query)
  return { method, target, call: `${method} ${url}${target.split('?', 1)[0]}` }
}

/** Makes a call ready to be sent. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `PAYLOAD_UNBUILDABLE`. */
export function prepare(
  client: ResolvedClientOptions,
  address: ReturnType<typeof addressOf>,
  options: ResolvedCallOptions,
  streams: boolean,
): PreparedCall {
  const { headers, json, timeout = client.timeout, idempotent } = options
  const { signal = currentContext()?.signal } = options
  const payload = payloadOf(address.call, options.body as CallBody | undefined, json)
  const type = payload.contentType === undefined ? {} : { 'content-type': payload.contentType }
  // A compressed body cannot be decoded from its middle on.
  const ranged = Object.keys({ ...client.headers, ...headers }).some((name) => /^range$/i.test(name))
  const accepted = { 'accept-encoding': ranged ? 'identity' : acceptedCodings }
  const own = ownFields(accepted, type, client.headers, headers)
  // Only the sender of a form knows the boundary between its parts (RFC 2046, 5.1.1).
  const { 'content-type': _, ...untyped } = own
  const fields = isForm(payload.content) ? untyped : own
  return {
    ...address,
    headers: fields,
    payload,
    idempotent:
      idempotent ?? (idempotentMethods.has(address.method) || fields['idempotency-key'] !== undefined),
    timeout,
    signal,
    streams,
  }
}
