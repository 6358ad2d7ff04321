import type { Attributes } from '@opentelemetry/api'
import type { Bus } from '../../../kernel/index.ts'
import type { HttpRequest, Responded } from '../../http/index.ts'
import { errorTypeOf } from '../conventions/error-type.ts'
import { requested, responded, shed } from '../conventions/events.ts'
import { isExcluded } from '../conventions/excluded-urls.ts'
import { ownAttribute, ownMetric } from '../conventions/own-names.ts'
import { routeOf } from '../conventions/route.ts'
import { attribute, KNOWN_METHODS, metric } from '../conventions/semantic-conventions.ts'
import type { Instruments } from './instruments.ts'

/** Measures the requests of servers. Those whose path is excluded are left out. */
export function measureRequests(bus: Bus, instruments: Instruments, excluded: readonly RegExp[]): void {
  const duration = instruments.histogram(metric.HTTP_SERVER_REQUEST_DURATION)
  const active = new Set<HttpRequest>()
  const levels = new Map<string, { readonly attributes: Attributes; level: number }>()
  const entryOf = (request: HttpRequest) => {
    const key = `${request.method} ${'encrypted' in request.raw.socket}`
    const entry = levels.get(key) ?? { attributes: kindOf(request), level: 0 }
    // There are only the methods that node's parser knows.
    levels.set(key, entry)
    return entry
  }
  const count = instruments.counter(ownMetric.REQUESTS_SHED)
  const tallies = new Map<string, ReturnType<typeof count>>()
  bus.on(shed, ({ actor, reason }) => {
    const route = routeOf(actor?.source)
    const key = `${reason} ${route}`
    const tally =
      tallies.get(key) ??
      count({
        ...(route === undefined ? {} : { [attribute.HTTP_ROUTE]: route }),
        [ownAttribute.SHED_REASON]: reason,
      })
    tallies.set(key, tally)
    tally.add()
  })
  bus.on(requested, ({ request }) => void active.add(request))
  bus.on(responded, (event) => {
    active.delete(event.request)
    if (excluded.length > 0 && isExcluded(excluded, event.request.path)) return
    // What was active only between two readings has a level of 0.
    entryOf(event.request)
    duration.record(event.elapsed, attributesOf(event), event.delivery)
  })
  instruments.levels(metric.HTTP_SERVER_ACTIVE_REQUESTS, () => {
    for (const entry of levels.values()) entry.level = 0
    for (const request of active) {
      if (excluded.length > 0 && isExcluded(excluded, request.path)) continue
      entryOf(request).level++
    }
    return [...levels].map(([key, { level, attributes }]) => [key, level, attributes])
  })
}

function kindOf({ method, raw }: HttpRequest): Attributes {
  return {
    [attribute.HTTP_REQUEST_METHOD]: KNOWN_METHODS.has(method) ? method : '_OTHER',
    [attribute.URL_SCHEME]: 'encrypted' in raw.socket ? 'https' : 'http',
  }
}

function attributesOf({ request, status, actor, delivery }: Responded): Attributes {
  const attributes = kindOf(request)
  const route = routeOf(actor?.source)
  if (route !== undefined) attributes[attribute.HTTP_ROUTE] = route
  attributes[attribute.HTTP_RESPONSE_STATUS_CODE] = status
  attributes[attribute.NETWORK_PROTOCOL_VERSION] = request.raw.httpVersion
  if (status >= 500) {
    const { settlement } = delivery ?? {}
    const error = settlement && 'error' in settlement ? settlement.error : undefined
    attributes[attribute.ERROR_TYPE] = error === undefined ? `${status}` : errorTypeOf(error)
  }
  return attributes
}
