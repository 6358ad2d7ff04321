import type { Envelope } from '../../../envelopes/index.ts'
import {
  isPromise,
  type MaybePromise,
  type OutputOf,
  type Validated,
  type Validation,
  validate,
} from '../../../kernel/adapter-kit.ts'
import { type Schema, type Source, TomodachiError } from '../../../kernel/index.ts'
import { contentTypeOf, isJson } from '../message/media-type.ts'
import type { HttpError } from '../reply/http-error.ts'
import { invalidRequest, type RequestPart } from '../reply/problem.ts'
import type { HttpReply } from '../reply/reply.ts'
import { type HttpRequest, parseJson, type Query } from '../request/request.ts'
import type { ParamsOf } from './params.ts'
import {
  checkErrorStatus,
  type ResolvedRouteOptions,
  type RouteOptions,
  resolveRoute,
} from './route-options.ts'
import type { Method } from './router.ts'
import { pathIn, type View } from './view.ts'

/** Default limit of a body with a schema, in bytes: validating costs far more than reading. */
const largestValidated = 1_024 ** 2

/** What every HTTP handler is given. */
export interface HttpGiven {
  readonly request: HttpRequest
  /** What the path captured, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
}

/** What a handler of a path is given, typed by the path and the schemas. */
export type RouteGiven<Path extends string | RegExp, Options extends RouteOptions> = {
  readonly request: HttpRequest
  readonly params: Options extends { readonly params: infer S } ? OutputOf<S> : ParamsOf<Path>
  readonly query: Options extends { readonly query: infer S } ? OutputOf<S> : Query
} & (Options extends { readonly body: infer S } ? { readonly body: OutputOf<S> } : object)

/** The params of a prefix that a handler is given: none when a schema says what it gets. */
export type PrefixParams<Prefix, Options extends RouteOptions> = Options extends { readonly params: unknown }
  ? unknown
  : Prefix

/** What middleware of a path is given: the request as it arrived, before anything is validated. */
export interface RouteArrival<Path extends string | RegExp> {
  readonly request: HttpRequest
  readonly params: ParamsOf<Path>
  readonly query: Query
}

/** What an error handler is given. */
export interface ErrorGiven extends HttpGiven {
  readonly status: number
  /**
   * The HttpError that was thrown, or one that was made for what went wrong. Its `cause` is then the value that was thrown, or a
   * `TomodachiError` whose code tells the errors of the library apart: `REQUEST_INVALID`, `ROUTE_UNKNOWN`, `METHOD_NOT_ALLOWED`.
   */
  readonly error: HttpError
}

/** A source of HTTP requests: where they come from, and how they are logged. */
export interface HttpSource extends Source<HttpGiven, HttpReply> {
  readonly methods: readonly Method[]
  /** For error sources the prefix of their group, or nothing. */
  readonly path: string | RegExp
  readonly ignoreLogging: boolean | readonly number[]
  /** Whether its requests may be shed. */
  readonly shed: boolean
  /** The largest body, in bytes, where the server's own limit is `clientMaxSize`. */
  bodyLimit(clientMaxSize: number): number
  /** For error sources the status that they answer, else undefined. */
  readonly errorStatus: number | 'any' | undefined
}

/** Makes the source of a route. `verb` is the method of `http()` that was called. Throws `OPTION_INVALID` and `ROUTE_INVALID`. */
export function routeSource(
  view: View,
  verb: string,
  methods: readonly Method[],
  given: string | RegExp,
  options: RouteOptions,
): HttpSource {
  const { adapter, use } = view
  const path = pathIn(view, `${verb}(path)`, given)
  const resolved = resolveRoute(verb, path, options)
  const { ignoreLogging, shed } = resolved
  const validation = validationOf(resolved)
  return {
    adapter,
    transport: 'http',
    keepsAsyncContext: true,
    address: `${methods.join(',')} ${path instanceof RegExp ? path.source : path}`,
    use,
    methods,
    path,
    ignoreLogging,
    shed,
    bodyLimit: bodyLimitOf(resolved),
    errorStatus: undefined,
    fill(context, { request, params, query }) {
      context.request = request
      context.params = params
      context.query = query
    },
    runs: withinLimit,
    identify,
    ...(validation ? { validation } : {}),
  }
}

/** Makes the source of requests that end in this status, or in any error. Throws `OPTION_INVALID`. */
export function errorSource({ adapter, use, prefix }: View, status: number | undefined): HttpSource {
  if (status !== undefined) checkErrorStatus(status)
  return {
    adapter,
    transport: 'http',
    keepsAsyncContext: true,
    address: ['error', status, prefix].filter(Boolean).join(' '),
    use,
    methods: [],
    path: prefix,
    ignoreLogging: false,
    shed: false,
    bodyLimit: (clientMaxSize) => clientMaxSize,
    errorStatus: status ?? 'any',
    identify,
  }
}

/** What identifies a request in the log. */
function identify({ given }: Envelope): { readonly requestId: string } {
  return { requestId: (given as HttpGiven).request.requestId }
}

function bodyLimitOf({ body, maxBodySize }: ResolvedRouteOptions): HttpSource['bodyLimit'] {
  if (maxBodySize !== undefined) return () => maxBodySize
  return (clientMaxSize) => (body ? Math.min(clientMaxSize, largestValidated) : clientMaxSize)
}

/** After all middleware, refuses a body whose announced size is over the limit, before the handler sees it. */
function withinLimit(handler: (context: never) => unknown): (context: HttpGiven) => unknown {
  return (context) => {
    const { excess } = context.request
    if (excess) throw excess
    return handler(context as never)
  }
}

/** The parts of a request that a schema can be for. The body is last: the others are known before it is read. */
const parts: readonly RequestPart[] = ['params', 'query', 'body']

function validationOf(options: ResolvedRouteOptions): Validation<HttpGiven> | undefined {
  const names = parts.filter((part) => options[part] !== undefined)
  if (names.length === 0) return undefined
  return { names, validate: (given) => validateParts(given, options, names, {}, 0) }
}

/** Returns a promise only for the body, and for schemas that validate asynchronously. */
function validateParts(
  given: HttpGiven,
  options: ResolvedRouteOptions,
  names: readonly RequestPart[],
  values: Partial<Record<RequestPart, unknown>>,
  place: number,
): MaybePromise<object> {
  const part = names[place]
  if (part === undefined) return values
  const keep = (result: Validated<unknown>): MaybePromise<object> => {
    values[part] = valid(result, part)
    return validateParts(given, options, names, values, place + 1)
  }
  const schema = options[part] as Schema
  if (part === 'body') return checkBody(given.request, schema, keep)
  const result = validate(schema, { ...given[part] })
  return isPromise(result) ? result.then(keep) : keep(result)
}

/** Makes one promise besides that of the body, and a second only for a schema that validates asynchronously. */
function checkBody<Kept>(
  request: HttpRequest,
  schema: Schema,
  keep: (result: Validated<unknown>) => MaybePromise<Kept>,
): Promise<Kept> {
  const contentType = contentTypeOf(request.raw)
  if (contentType !== undefined && !isJson(contentType)) throw notJson(contentType)
  return request.bytes().then((bytes) => {
    // A page of another origin could send a body without a type without a CORS preflight.
    if (contentType === undefined && bytes.length > 0) throw notJson('none')
    const result = validate(schema, parseJson(bytes))
    return isPromise(result) ? result.then(keep) : keep(result)
  })
}

function notJson(contentType: string): TomodachiError {
  const expected = 'JSON with the header "content-type: application/json"'
  return new TomodachiError('CONTENT_TYPE_UNSUPPORTED', { contentType, expected })
}

/** The valid value. Throws an error with a problem (RFC 9457) that names each field. */
function valid(result: Validated<unknown>, part: RequestPart): unknown {
  if ('value' in result) return result.value
  throw invalidRequest(part, result)
}
