import type { IncomingMessage, RequestListener } from 'node:http'
import type { Actor } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'
import { HttpError, httpErrorOf } from '../reply/http-error.ts'
import type { HttpRequest } from '../request/request.ts'
import { ErrorRouter } from '../routing/error-router.ts'
import { Router } from '../routing/router.ts'
import type { HttpSource } from '../routing/source.ts'
import type { Upgrades } from '../upgrade/upgrades.ts'
import { Exchange, type ExchangeParts } from './exchange.ts'

/** What the listener works with; all of it is made at the start. */
interface ListenerParts extends Omit<ExchangeParts, 'errors'> {
  readonly upgrades: Upgrades
}

/** Makes the listener that hands each request to the actor of its route. Throws `ROUTE_INVALID`. */
export function createRequestListener(
  actors: readonly Actor<HttpSource>[],
  parts: ListenerParts,
): RequestListener {
  const { clientMaxSize, upgrades } = parts
  const router = routerTo(actors)
  const exchangeParts = { ...parts, errors: new ErrorRouter(actors) }
  return (raw, response) => {
    const { method, url } = raw as IncomingMessage & { readonly method: string; readonly url: string }
    const match = router.find(method, url)
    const limit = match ? match.target.source.bodyLimit(clientMaxSize) : clientMaxSize
    const exchange = new Exchange(exchangeParts, raw, response, limit)
    if (match) exchange.run(match)
    else exchange.fail(missed(exchange.request, router, upgrades))
  }
}

function routerTo(actors: readonly Actor<HttpSource>[]): Router<Actor<HttpSource>> {
  const routed = actors.filter(({ source }) => source.errorStatus === undefined)
  const router = new Router(
    routed.map((actor) => ({ methods: actor.source.methods, path: actor.source.path, target: actor })),
  )
  for (const { methods, target } of router.shadowed) {
    getLogger('tomodachi.http').warn('a route can never match: an earlier one takes its requests', {
      route: target.address,
      methods,
    })
  }
  return router
}

/** The answer to a request without a route. */
function missed(
  { method, url, excess }: HttpRequest,
  router: Router<unknown>,
  upgrades: Upgrades,
): HttpError {
  if (excess) return httpErrorOf(excess)
  // RFC 9110, 9.3.7: `OPTIONS *` is about no resource; it asks whether the server is there.
  if (url === '*' && method === 'OPTIONS') return new HttpError(200, '')
  const allowed = router.allowed(url)
  const protocols = upgrades.offered(url)
  if (protocols.length > 0 && (method === 'GET' || allowed.length === 0)) {
    // RFC 9110, 15.5.22 and 7.8: both fields have to be there.
    return new HttpError(426, undefined, {
      headers: { Upgrade: protocols.join(', '), Connection: 'Upgrade, close' },
    })
  }
  if (allowed.length === 0) return new HttpError(404)
  return new HttpError(405, undefined, { headers: { Allow: allowed.join(',') } })
}
