import './errors.ts'
import type { Response as InjectResponse } from 'light-my-request'
import {
  type AddedByEnd,
  type AddedByUse,
  type Arriving,
  type Ending,
  type EndingIn,
  type Fits,
  type HandledSource,
  middlewareList,
  type Plain,
  type Usable,
  type UsableList,
} from '../../kernel/adapter-kit.ts'
import type { HandlerContext, Source } from '../../kernel/index.ts'
import { type HttpAdapter, httpAdapter } from './http-adapter.ts'
import { type InjectRequest, injectInto } from './inject.ts'
import { type HttpOptions, resolveHttpOptions } from './options/options.ts'
import type { HttpReply } from './reply/reply.ts'
import type { HttpRequest } from './request/request.ts'
import { type FilesGiven, type FilesOptions, filesSource } from './routing/files.ts'
import type { Behind, ParamsOf } from './routing/params.ts'
import { methodsOf, type RouteOptions } from './routing/route-options.ts'
import type { Method } from './routing/router.ts'
import {
  type ErrorGiven,
  errorSource,
  type HttpGiven,
  type PrefixParams,
  type RouteArrival,
  type RouteGiven,
  routeSource,
} from './routing/source.ts'
import { groupOf, pathIn, type View } from './routing/view.ts'
import type { UpgradeServer } from './upgrade/upgrades.ts'

export type { ClientTlsOptions, ServerTlsOptions as TlsOptions } from '../../kernel/adapter-kit.ts'
export { validated } from '../../kernel/adapter-kit.ts'
export {
  type Refused,
  type Requested,
  type Responded,
  refused,
  requested,
  responded,
  type Shed,
  type ShedReason,
  shed,
} from './access/request-events.ts'
export {
  type Call,
  type CallBody,
  type Called,
  type CallOptions,
  type CallParams,
  type CallQuery,
  type CallResponse,
  type Client,
  type ClientOptions,
  called,
  client,
  type OkResponse,
  type OtherResponse,
  type ParamsOption,
  type ParamValue,
  type StreamedResponse,
  type StreamOptions,
} from './client/client.ts'
export type { InjectBody, InjectRequest } from './inject.ts'
export type { ConnectionOptions } from './options/connection-options.ts'
export type { HttpOptions } from './options/options.ts'
export type { OverloadOptions } from './options/overload-options.ts'
export {
  type EventsFrom,
  type EventsOptions,
  type EventsReply,
  events,
  type ServerEvent,
} from './reply/events.ts'
export { HttpError, type HttpErrorOptions } from './reply/http-error.ts'
export { type JsonInit, json } from './reply/json.ts'
export type { Problem } from './reply/problem.ts'
export type { HeaderFields, HttpParts, HttpReply, ReplyBody, StreamBody } from './reply/reply.ts'
export { type CookieAttributes, type Cookies, deleteCookie, setCookie } from './request/cookies.ts'
export { HttpRequest, type Query } from './request/request.ts'
export type { FileReply, FilesGiven, FilesOptions } from './routing/files.ts'
export { type HealthOptions, health } from './routing/health.ts'
export type { Params, ParamsOf } from './routing/params.ts'
export type { RouteOptions } from './routing/route-options.ts'
export type { Method } from './routing/router.ts'
export type { ErrorGiven, HttpGiven, RouteArrival, RouteGiven } from './routing/source.ts'
export type { Upgrade, UpgradeServer } from './upgrade/upgrades.ts'

/** Makes the source of a path. Throws `OPTION_INVALID` and `ROUTE_INVALID`. */
export type RouteFactory<Added, Prefix = object> = <
  const Path extends string | RegExp,
  const Options extends RouteOptions = object,
>(
  path: Path,
  options?: Options,
) => Source<Plain<Behind<PrefixParams<Prefix, Options>, RouteGiven<Path, Options>> & Added>, HttpReply> &
  Arriving<Plain<Behind<Prefix, RouteArrival<Path>> & Added>>

/**
 * An HTTP server. `Added` is what its middleware adds to the context of its handlers. `Prefix` holds the params in the prefix
 * of a group.
 */
export interface Http<Added = object, Prefix = object> extends UpgradeServer<HttpRequest> {
  /** GET requests with this path; they also answer HEAD. Throws `ROUTE_INVALID` for an invalid path. */
  readonly get: RouteFactory<Added, Prefix>
  /** POST requests with this path: `api.post('/orders', { body: Order })`. A `body` schema gives the handler the valid `body`. */
  readonly post: RouteFactory<Added, Prefix>
  /** PUT requests with this path. A `body` schema gives the handler the valid `body`. */
  readonly put: RouteFactory<Added, Prefix>
  /** PATCH requests with this path. A `body` schema gives the handler the valid `body`. */
  readonly patch: RouteFactory<Added, Prefix>
  /** DELETE requests with this path. */
  readonly delete: RouteFactory<Added, Prefix>
  /** HEAD requests with this path, instead of the GET route that would answer them. */
  readonly head: RouteFactory<Added, Prefix>
  /** OPTIONS requests with this path. */
  readonly options: RouteFactory<Added, Prefix>
  /** Requests with one of several methods. */
  route<const Path extends string | RegExp, const Options extends RouteOptions = object>(
    methods: readonly Method[],
    path: Path,
    options?: Options,
  ): Source<Plain<Behind<PrefixParams<Prefix, Options>, RouteGiven<Path, Options>> & Added>, HttpReply> &
    Arriving<Plain<Behind<Prefix, RouteArrival<Path>> & Added>>
  /**
   * The files below a folder, for GET and HEAD: `service.on(api.files('/static', './public'))`. `url` is the path in
   * front of them, or a path with a parameter (or a group) `filename`. `dir` is a path, relative to the working
   * directory, or a file URL. Hidden files and folders, links and paths that lead out of the folder, and paths with an
   * encoded `/` or `\` are answered with 404. Throws `OPTION_INVALID`.
   */
  files<const Path extends string | RegExp>(
    url: Path,
    dir: string | URL,
    options?: FilesOptions,
  ): HandledSource<Plain<Behind<Prefix, FilesGiven<Path>> & Added>, HttpReply>
  /**
   * Requests that end in this status because they have no route or failed with an error. Without a status: requests
   * that end in any status from 400 to 599 that has no error source of its own. An error source of a group answers only
   * requests below its prefix; the longest prefix comes first. Replies have the status of the error by default, and keep
   * the fields that belong to it: `Allow`, `Retry-After`, `Upgrade`, `WWW-Authenticate`.
   */
  error(status?: number): Source<Plain<Behind<Prefix, ErrorGiven> & Added>, HttpReply>
  /** The same server, with middleware for all handlers of its sources. */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware:
      | EndingIn<HandlerContext & Behind<Prefix, HttpGiven> & Added, End>
      | (List & Fits<HandlerContext & Behind<Prefix, HttpGiven> & Added, List>),
  ): Http<Added & AddedByEnd<End> & AddedByUse<List>, Prefix>
  /**
   * The same server, with this prefix in front of every path, also of files and upgrades. In `api.group('/admin')`,
   * `get('/users/:id')` is GET /admin/users/:id and `get('/')` is GET /admin. The prefix may have params; a slash at its
   * end is dropped. Groups nest. `use` of a group adds middleware to its handlers only. Paths in a group are text, not
   * RegExp. Throws `OPTION_INVALID` and `ROUTE_INVALID`.
   */
  group<const Path extends string>(prefix: Path): Http<Added, Plain<Prefix & ParamsOf<Path>>>
  /**
   * The address on which the server listens, such as `http://127.0.0.1:9700`. Throws `ADAPTER_NOT_STARTED` before the
   * start and after the close.
   */
  readonly url: string
  /** Answers a request without a socket, for tests. Rejects with `ADAPTER_NOT_STARTED` before the start, and with `OPTION_INVALID`. */
  inject(request: InjectRequest | string): Promise<InjectResponse>
}

/**
 * Makes an HTTP server on `node:http`. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID` for invalid
 * options. Its start rejects with `ADDRESS_IN_USE` or `ADDRESS_NOT_AVAILABLE`.
 */
export function http(options: HttpOptions = {}): Http {
  const server = httpAdapter(resolveHttpOptions(options))
  return facade(server, { adapter: server.adapter, use: [], prefix: '' })
}

/** The server as its users see it: its sources get the middleware of `use` and the prefix of `group`. */
function facade<Added, Prefix>(server: HttpAdapter, view: View): Http<Added, Prefix> {
  const { adapter, upgrades } = server
  const factory = (method: Method) => {
    const verb = method.toLowerCase()
    return ((path, options) =>
      routeSource(view, verb, [method], path, options ?? {}) as never) as RouteFactory<Added, Prefix>
  }
  return {
    name: adapter.name,
    origin: adapter,
    start: adapter.start,
    pause: adapter.pause,
    close: adapter.close,
    get: factory('GET'),
    post: factory('POST'),
    put: factory('PUT'),
    patch: factory('PATCH'),
    delete: factory('DELETE'),
    head: factory('HEAD'),
    options: factory('OPTIONS'),
    route: (methods, path, options) =>
      routeSource(view, 'route', methodsOf(methods), path, options ?? {}) as never,
    files: (url, dir, options = {}) => filesSource(view, url, dir, options) as never,
    error: (status) => errorSource(view, status) as never,
    upgrade: (protocol, path, handler) =>
      upgrades.add(protocol, pathIn(view, 'upgrade(path)', path), handler),
    use: (middleware) =>
      facade(server, { ...view, use: [...view.use, ...middlewareList(middleware as Usable)] }),
    group: (prefix) => facade(server, groupOf(view, prefix)),
    get url() {
      return server.running('reading its url').listening.url
    },
    async inject(request) {
      return injectInto(server.running('injecting a request').listener, request)
    },
  }
}
