import type { IncomingMessage, RequestListener } from 'node:http'
import type { Actor } from '../../../kernel/adapter-kit.ts'
import { getLogger, TomodachiError } from '../../../kernel/index.ts'
import type { Overload } from '../overload/overload.ts'
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
  readonly overload: Overload | undefined
}

/** Makes the listener that hands each request to the actor of its route. Throws `ROUTE_INVALID`. */
export function createRequestListener(
  actors: readonly Actor<HttpSource>[],
  parts: ListenerParts,
): RequestListener {
  const { clientMaxSize, upgrades, overload } = parts
  const router = routerTo(actors)
  const exchangeParts = { ...parts, errors: new ErrorRouter(actors) }
  return (raw, response) => {
    const { method, url } = raw as IncomingMessage & { readonly method: string; readonly url: string }
    const match = router.find(method, url)
    const limit = match ? match.target.source.bodyLimit(clientMaxSize) : clientMaxSize
    const exchange = new Exchange(exchangeParts, raw, response, limit)
    if (overload !== undefined && match?.target.source.shed !== false) {
      if (overload.sheds(exchange.request, match?.target)) return void exchange.shed(overload, match?.target)
      exchange.leave = overload.enter()
    }
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
function missed(request: HttpRequest, router: Router<unknown>, upgrades: Upgrades): HttpError {
  const { method, url, path, excess } = request
  if (excess) return httpErrorOf(excess)
  // RFC 9110, 9.3.7: `OPTIONS *` is about no resource; it asks whether the server is there.
  if (url === '*' && method === 'OPTIONS') return new HttpError(200, '')
  const allowed = router.allowed(url).join(',')
  const protocols = upgrades.offered(url).join(', ')
  if (protocols !== '' && (method === 'GET' || allowed === '')) {
    // RFC 9110, 15.5.22 and 7.8: both fields have to be there.
    return new HttpError(426, undefined, {
      headers: { Upgrade: protocols, Connection: 'Upgrade, close' },
      cause: new TomodachiError('UPGRADE_REQUIRED', { path, protocols }),
    })
  }
  if (allowed === '')
    return new HttpError(404, undefined, { cause: new TomodachiError('ROUTE_UNKNOWN', { method, path }) })
  return new HttpError(405, undefined, {
    headers: { Allow: allowed },
    cause: new TomodachiError('METHOD_NOT_ALLOWED', { method, path, allowed }),
  })
}
