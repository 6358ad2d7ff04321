import {
  flag,
  optionShape,
  type Resolved,
  resolveOption,
  resolveOptions,
  type ShapesOf,
  schemaOption,
  size,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Schema, Size } from '../../../kernel/index.ts'
import { checkPath, methods as knownMethods, type Method } from './router.ts'

/**
 * Options of a route. Schemas are applied after middleware, so a request that middleware refuses is neither read nor
 * validated (see `validated`).
 */
export interface RouteOptions {
  /**
   * Schema of the JSON body; the handler is then given `body`. A body that does not fit is answered with 400, and one
   * whose content type is not JSON with 415.
   */
  readonly body?: Schema | undefined
  /** Schema of the query; the handler is then given its output. A query that does not fit is answered with 400. */
  readonly query?: Schema | undefined
  /**
   * Schema of the params of the path; the handler is then given its output. Params that do not fit are answered with
   * 400.
   */
  readonly params?: Schema | undefined
  /**
   * Largest body of this route, after decompression; a larger one is answered with 413. Default: `clientMaxSize` of the
   * server; for a body with a schema at most `1MB` of it.
   */
  readonly maxBodySize?: Size | undefined
  /**
   * Keeps requests of this route out of the access log: `true` for all, or a list of statuses for those answered with
   * one of them.
   */
  readonly ignoreLogging?: boolean | readonly number[] | undefined
  /**
   * Whether requests of this route may be shed when the server is overloaded. With false they are not counted either.
   * Default true.
   */
  readonly shed?: boolean | undefined
}

const statuses = 'true, false or a list of statuses, such as [200, 404]'

/** The shape of the option that keeps requests out of the access log. */
export const ignoreLoggingOption = optionShape<boolean | readonly number[]>(false, statuses, (value) => {
  const isList = Array.isArray(value) && value.every((status) => Number.isInteger(status))
  return typeof value === 'boolean' || isList ? value : undefined
})

const shapes = {
  body: schemaOption(),
  query: schemaOption(),
  params: schemaOption(),
  maxBodySize: size(undefined),
  ignoreLogging: ignoreLoggingOption,
  shed: flag(true),
} satisfies ShapesOf<RouteOptions>

/** Names that other servers have for these options. */
const renamed = { bodyLimit: 'maxBodySize', clientMaxSize: 'maxBodySize', querystring: 'query' }

/** The path of a route. */
const routePath = optionShape<string | RegExp>('', 'a path such as "/orders/:id", or a RegExp', (value) =>
  typeof value === 'string' || value instanceof RegExp ? value : undefined,
)

/** The methods of a route that is for several. */
const methodList = optionShape<readonly Method[]>([], `a list of ${knownMethods.join(', ')}`, (value) =>
  Array.isArray(value) && value.length > 0 && value.every((method) => knownMethods.includes(method))
    ? [...new Set(value as Method[])]
    : undefined,
)

const errorStatus = wholeNumber(undefined, 400, 599)

/** Where errors place arguments that are not options. */
const place = { owner: 'http', path: '' }

/** Options of a route that were checked; the size in bytes. */
export type ResolvedRouteOptions = Resolved<typeof shapes>

/** Checks path and options of a route. `verb` is the method of `http()` that was called. Throws `OPTION_INVALID` and `ROUTE_INVALID`. */
export function resolveRoute(
  verb: string,
  path: string | RegExp,
  options: RouteOptions,
): ResolvedRouteOptions {
  checkPath(resolveOption(place, `${verb}(path)`, path, routePath))
  return resolveOptions(`http.${verb}`, options, shapes, { renamed })
}

/** Checks the methods of a route that is for several. Throws `OPTION_INVALID`. */
export function methodsOf(given: readonly Method[]): readonly Method[] {
  return resolveOption(place, 'route(methods)', given, methodList)
}

/** Checks the status of an error source. Throws `OPTION_INVALID`. */
export function checkErrorStatus(status: number): void {
  resolveOption(place, 'error(status)', status, errorStatus)
}
