import { HttpError, httpErrorOf } from '../reply/http-error.ts'
import type { HttpRequest } from '../request/request.ts'
import type { Router } from '../routing/router.ts'
import type { Upgrades } from '../upgrade/upgrades.ts'

/** What a request that no route takes is answered with. */
export function missed(
  { method, url, excess }: HttpRequest,
  { router, upgrades }: { readonly router: Router<unknown>; readonly upgrades: Upgrades },
): HttpError {
  if (excess) return httpErrorOf(excess)
  // RFC 9110, 9.3.7: no resource is asked about, only whether somebody is there.
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
