import {
  type Adapter,
  type AnyMiddleware,
  isPromise,
  type MaybePromise,
  type OutputOf,
  type ParamsOf,
  type Schema,
  type Source,
  TomodachiError,
  type Validated,
  validate,
} from '../../kernel/index.ts'
import { HttpError } from './http-error.ts'
import type { HttpReply } from './reply.ts'
import { type HttpRequest, parseJson, type Query } from './request.ts'
import type { Method } from './router.ts'

/** What every HTTP handler is given. */
export interface HttpGiven {
  readonly request: HttpRequest
  /** What the path captured, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
}

export interface RouteOptions {
  /** Schema of the JSON body; the handler then gets `body`. What does not fit is answered with 400. */
  readonly body?: Schema
  /** Schema of the query; the handler then gets what the schema makes of it. What does not fit is answered with 400. */
  readonly query?: Schema
  /** Keeps requests of this route out of the access log: all, or those answered with one of these statuses. */
  readonly ignoreLogging?: boolean | readonly number[]
}

/** What a handler of a path is given, typed by the path and the schemas. */
export type RouteGiven<Path extends string | RegExp, Options extends RouteOptions> = {
  readonly request: HttpRequest
  readonly params: ParamsOf<Path>
  readonly query: Options extends { readonly query: infer S } ? OutputOf<S> : Query
} & (Options extends { readonly body: infer S } ? { readonly body: OutputOf<S> } : object)

/** What an error handler is given. */
export interface ErrorGiven extends HttpGiven {
  readonly query: Query
  readonly status: number
  /** What led here: an HttpError, or what a handler threw. */
  readonly error: HttpError
}

/** A source of HTTP requests: where they come from, and how they are logged. */
export interface HttpSource extends Source<HttpGiven, HttpReply> {
  readonly methods: readonly Method[]
  readonly path: string | RegExp
  readonly ignoreLogging: boolean | readonly number[]
  /** For error sources the status that they answer, else undefined. */
  readonly errorStatus: number | undefined
}

/** Makes the source of a route. */
export function routeSource(
  adapter: Adapter,
  use: readonly AnyMiddleware[],
  methods: readonly Method[],
  path: string | RegExp,
  options: RouteOptions,
): HttpSource {
  const { body, query, ignoreLogging = false } = options
  return {
    adapter,
    transport: 'http',
    address: `${methods.join(',')} ${path instanceof RegExp ? path.source : path}`,
    use,
    methods,
    path,
    ignoreLogging,
    errorStatus: undefined,
    ...(body || query ? { prepare: (given: HttpGiven) => prepare(given as Prepared, body, query) } : {}),
  }
}

/** Makes the source of requests that end in this status. */
export function errorSource(adapter: Adapter, use: readonly AnyMiddleware[], status: number): HttpSource {
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new TomodachiError('OPTION_INVALID', {
      option: 'http.error(status)',
      expected: 'a status from 400 to 599',
      actual: status,
    })
  }
  return {
    adapter,
    transport: 'http',
    address: `error ${status}`,
    use,
    methods: [],
    path: '',
    ignoreLogging: false,
    errorStatus: status,
  }
}

interface Prepared {
  readonly request: HttpRequest
  query: unknown
  body?: unknown
}

/** Checks the query first: what is wrong with it is known before the body has been read. */
function prepare(given: Prepared, body: Schema | undefined, query: Schema | undefined): MaybePromise<void> {
  if (!query) return prepareBody(given, body as Schema)
  const checked = validate(query, { ...(given.query as Query) })
  const keep = (result: Awaited<typeof checked>): MaybePromise<void> => {
    given.query = valid(result, 'query')
    return body ? prepareBody(given, body) : undefined
  }
  return isPromise(checked) ? checked.then(keep) : keep(checked)
}

/** One promise beside that of the body, and a second only for a schema that validates asynchronously. */
function prepareBody(given: Prepared, schema: Schema): Promise<void> {
  const contentType = given.request.headers['content-type']
  if (contentType !== undefined && !isJson(contentType)) {
    throw new TomodachiError('CONTENT_TYPE_UNSUPPORTED', {
      contentType,
      expected: 'JSON with the header "content-type: application/json"',
    })
  }
  const keep = (result: Validated<unknown>) => {
    given.body = valid(result, 'body')
  }
  return given.request.bytes().then((bytes) => {
    const result = validate(schema, parseJson(bytes))
    return isPromise(result) ? result.then(keep) : keep(result)
  })
}

function isJson(contentType: string): boolean {
  return contentType === 'application/json' || /^application\/([^;]+\+)?json\b/i.test(contentType)
}

/** The valid value; else a problem (RFC 9457) that names each field. */
function valid(result: Validated<unknown>, part: 'body' | 'query'): unknown {
  if ('value' in result) return result.value
  const problem = {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: `the ${part} does not fit its schema`,
    in: part,
    errors: result.issues,
    ...(result.omitted > 0 ? { omitted: result.omitted } : {}),
  }
  throw new HttpError(400, problem, { headers: { 'content-type': 'application/problem+json' } })
}
