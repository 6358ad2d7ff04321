import findMyWay, { type HTTPMethod, type HTTPVersion, type Instance } from 'find-my-way'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { decodedPath, originForm, routedTarget } from '../request/target.ts'
import { Overlaps } from './overlap.ts'
import type { Params } from './params.ts'
import { advised, isLiteral, segmentsOf } from './pattern.ts'

/** The methods that a route can have. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** Every method that a route can have, in the order in which an Allow header names them. */
export const methods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Methods and a path that lead to `target`. The path is a pattern of find-my-way (`/orders/:id`, `/files/*`,
 * `/:id(^\\d+$)`, `/:from-:to`, `/:page?`), or a RegExp, which must match the whole percent-decoded path and whose
 * named groups are the params.
 */
export interface Route<T> {
  readonly methods: readonly Method[]
  readonly path: string | RegExp
  readonly target: T
}

export interface Match<T> {
  readonly target: T
  readonly params: Params
}

/** What a tree holds for a pattern. */
interface Leaf<T> {
  readonly index: number
  readonly target: T
  /** Whether RegExp paths were registered earlier under the same method. */
  readonly isContested: boolean
}

/** A RegExp path. */
interface Candidate<T> {
  readonly index: number
  readonly target: T
  /** Gives the params when a whole, decoded path matches. */
  readonly match: (path: string) => Params | undefined
}

/**
 * A route table. Among the routes that match a request, the one registered first wins, whatever kind of path it has. Paths
 * are case-sensitive, and every slash counts. A character matches whether it is percent-encoded or not, except for `/`. As in
 * find-my-way, a parameter may be empty: `/orders/:id` matches `/orders/`.
 */
export class Router<T> {
  /**
   * Routes that no request can reach because an earlier one matches everything that they match. Each lists only the
   * methods that cannot be reached. Not every case is detected: between RegExp paths only equal ones are.
   */
  readonly shadowed: readonly Route<T>[]
  /** Asked in turn; most tables need only one. */
  readonly #trees = [emptyTree()]
  /** By method, then by source, in order of registration. */
  readonly #candidates = new Map<string, Map<string, Candidate<T>>>()

  /** Throws `ROUTE_INVALID` for a path that does not start with a slash, has parameters in another syntax, or that find-my-way rejects. */
  constructor(routes: readonly Route<T>[]) {
    const overlaps = new Map(methods.map((method) => [method, new Overlaps()]))
    this.shadowed = routes.flatMap((route, index) => {
      const { path, target } = route
      const unreachable = [...new Set(route.methods)].filter((method) =>
        typeof path === 'string'
          ? !this.#addPattern(method, path, { index, target }, overlaps.get(method) ?? new Overlaps())
          : !this.#addExpression(method, path, { index, target }),
      )
      return unreachable.length > 0 ? [{ ...route, methods: unreachable }] : []
    })
  }

  /**
   * The route of a request. `url` is the request target as received: query and fragment are ignored, the absolute form
   * is understood. A HEAD request that no HEAD route matches gets the GET route. `undefined` when nothing matches, also
   * for `*` and for malformed percent-encoding.
   */
  find(method: string, url: string): Match<T> | undefined {
    const origin = url.charCodeAt(0) === 47 ? url : originForm(url)
    if (origin === undefined) return undefined
    const target = routedTarget(origin)
    const match = this.#find(method, target)
    return match === undefined && method === 'HEAD' ? this.#find('GET', target) : match
  }

  /**
   * The methods for which `find` has an answer at this URL, for the Allow header of a 405. If there are none, the
   * answer is 404.
   */
  allowed(url: string): readonly Method[] {
    return methods.filter((method) => this.find(method, url) !== undefined)
  }

  #find(method: string, url: string): Match<T> | undefined {
    for (let level = 0; level < this.#trees.length; level++) {
      const found = this.#trees[level]?.find(method as HTTPMethod, url) ?? null
      if (found === null) continue
      const leaf = found.store as Leaf<T>
      const earlier = leaf.isContested ? this.#findExpression(method, url, leaf.index) : undefined
      return earlier ?? { target: leaf.target, params: found.params as Params }
    }
    return this.#findExpression(method, url, Infinity)
  }

  #findExpression(method: string, url: string, before: number): Match<T> | undefined {
    const candidates = this.#candidates.get(method)
    if (candidates === undefined) return undefined
    const path = decodedPath(url)
    if (path === undefined) return undefined
    for (const { index, target, match } of candidates.values()) {
      if (index > before) return undefined
      const params = match(path)
      if (params !== undefined) return { target, params }
    }
    return undefined
  }

  /** Like `#addPattern`: false when no request can reach the route. */
  #addExpression(method: Method, path: RegExp, route: { index: number; target: T }): boolean {
    const candidates = this.#candidates.get(method) ?? new Map<string, Candidate<T>>()
    this.#candidates.set(method, candidates)
    if (candidates.has(String(path))) return false
    candidates.set(String(path), { ...route, match: expressionOf(path) })
    return true
  }

  #addPattern(
    method: Method,
    path: string,
    route: { index: number; target: T },
    overlaps: Overlaps,
  ): boolean {
    checkPath(path)
    const reachable = variantsOf(path)
      .map((pattern) => ({ pattern, segments: segmentsOf(pattern) }))
      .filter(({ pattern, segments }) =>
        isLiteral(segments) ? this.#find(method, urlOf(pattern)) === undefined : !overlaps.covers(segments),
      )
    const isContested = this.#candidates.has(method)
    for (const { pattern, segments } of reachable) {
      if (isLiteral(segments)) {
        insert(this.#treeAt(0), method, path, pattern, { ...route, isContested: false })
      } else {
        const level = overlaps.levelOf(segments)
        insert(this.#treeAt(level), method, path, pattern, { ...route, isContested })
        overlaps.add(segments, level)
      }
    }
    return reachable.length > 0
  }

  #treeAt(level: number): Tree {
    while (this.#trees.length <= level) this.#trees.push(emptyTree())
    return this.#trees[level] as Tree
  }
}

type Tree = Instance<HTTPVersion.V1>

function emptyTree(): Tree {
  // The server's header limit bounds the path already, and the adapter reads the query itself.
  return findMyWay({ maxParamLength: Number.MAX_SAFE_INTEGER, querystringParser: unused })
}

/** Throws `ROUTE_INVALID` for what cannot be a path. RegExp paths are all valid. */
export function checkPath(path: string | RegExp): void {
  if (path instanceof RegExp) return
  const reason = path.startsWith('/') ? advised(path) : 'it does not start with a slash'
  if (reason !== undefined) throw new TomodachiError('ROUTE_INVALID', { path, reason })
  for (const pattern of variantsOf(path)) insert(emptyTree(), 'GET', path, pattern)
}

/** Puts one of the patterns of a path into a tree. */
function insert(tree: Tree, method: Method, path: string, pattern: string, leaf?: Leaf<unknown>): void {
  try {
    tree.on(method, pattern, unused, leaf)
  } catch (error) {
    throw new TomodachiError('ROUTE_INVALID', { path, reason: reasonOf(error) }, { cause: error })
  }
}

/** The handler that find-my-way asks for; the adapter calls the target itself. */
function unused(): undefined {}

/** The patterns that a path stands for: two when its last parameter is optional. */
function variantsOf(path: string): readonly string[] {
  const optional = /^(.*)(\/:[^/()?]*)\?(\/?)$/s.exec(path)
  if (optional === null) return [path]
  const [, before = '', parameter = '', after = ''] = optional
  return [before + parameter + after, before + after || '/']
}

/** The URL of the only path that a literal pattern matches. */
function urlOf(pattern: string): string {
  return pattern.replaceAll('::', ':').replaceAll('%', '%25')
}

/** A RegExp path that has to match the whole path. The flags g and y make no sense here and are dropped. */
function expressionOf(path: RegExp): Candidate<unknown>['match'] {
  const whole = new RegExp(`^(?:${path.source})$`, path.flags.replace(/[gy]/g, ''))
  return (text) => {
    const match = whole.exec(text)
    // With the m flag, ^ and $ also match at the line breaks that a decoded path can have.
    return match === null || match[0] !== text ? undefined : takenGroups(match.groups ?? {})
  }
}

function takenGroups(groups: Readonly<Record<string, string | undefined>>): Params {
  const params: Record<string, string> = Object.create(null)
  for (const name of Object.keys(groups)) {
    const value = groups[name]
    if (value !== undefined) params[name] = value
  }
  return params
}
