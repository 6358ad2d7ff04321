import type { Actor } from '../../../kernel/adapter-kit.ts'
import { segmentsOf } from './pattern.ts'
import { type Match, Router } from './router.ts'
import type { HttpSource } from './source.ts'

/** The error sources of a server, or of a group. */
interface Scope {
  readonly byStatus: ReadonlyMap<number, Actor<HttpSource>>
  /** Finds the requests of a group; the server's own scope has all requests. */
  readonly router: Router<undefined> | undefined
}

/**
 * The error sources by path and status. Those of the group with the longest prefix come first, those of the server last. Within
 * a group a source of the status comes before one of any status, and the first of a status counts, as with routes.
 */
export class ErrorRouter {
  readonly #scopes: readonly Scope[]

  /** Throws `ROUTE_INVALID` for the prefix of a group. */
  constructor(actors: readonly Actor<HttpSource>[]) {
    const sources = actors.filter(({ source }) => source.errorStatus !== undefined)
    const prefixes = new Set(sources.map(({ source }) => source.path as string))
    const depth = (prefix: string) => segmentsOf(prefix).length
    this.#scopes = [...prefixes]
      .sort((one, other) => depth(other) - depth(one))
      .map((prefix) => ({
        byStatus: byStatusOf(sources.filter(({ source }) => source.path === prefix)),
        router: prefix === '' ? undefined : routerBelow(prefix),
      }))
  }

  /** The source that answers an error, and what the prefix of its group captured. */
  find(status: number, url: string): Match<Actor<HttpSource>> | undefined {
    for (const { byStatus, router } of this.#scopes) {
      const target = byStatus.get(status)
      if (!target) continue
      if (!router) return { target, params: {} }
      const match = router.find('GET', url)
      if (!match) continue
      const { '*': _, ...params } = match.params
      return { target, params }
    }
    return undefined
  }
}

function byStatusOf(actors: readonly Actor<HttpSource>[]): ReadonlyMap<number, Actor<HttpSource>> {
  const byStatus = new Map<number, Actor<HttpSource>>()
  let ofAny: Actor<HttpSource> | undefined
  for (const actor of actors) {
    const { errorStatus } = actor.source
    if (errorStatus === 'any') ofAny ??= actor
    else if (errorStatus !== undefined && !byStatus.has(errorStatus)) byStatus.set(errorStatus, actor)
  }
  if (ofAny)
    for (let status = 400; status < 600; status++) if (!byStatus.has(status)) byStatus.set(status, ofAny)
  return byStatus
}

function routerBelow(prefix: string): Router<undefined> {
  return new Router([prefix, `${prefix}/*`].map((path) => ({ methods: ['GET'], path, target: undefined })))
}
