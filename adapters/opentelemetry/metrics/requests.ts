import type { Attributes } from '@opentelemetry/api'
import type { Bus } from '../../../kernel/index.ts'
import type { HttpRequest, Responded } from '../../http/index.ts'
import { errorTypeOf } from '../conventions/error-type.ts'
import { requested, responded, shed } from '../conventions/events.ts'
import { isExcluded } from '../conventions/excluded-urls.ts'
import { ownAttribute, ownMetric } from '../conventions/own-names.ts'
import { routeOf } from '../conventions/route.ts'
import { schemeOf } from '../conventions/scheme.ts'
import { attribute, KNOWN_METHODS, metric } from '../conventions/semantic-conventions.ts'
import type { Instruments } from './instruments.ts'

/** What active requests have in common, and how many there are. */
interface Kind {
  readonly attributes: Attributes
  level: number
}

/** Measures the requests of servers. Those whose path is excluded are left out. */
export function measureRequests(bus: Bus, instruments: Instruments, excluded: readonly RegExp[]): void {
  const duration = instruments.histogram(metric.HTTP_SERVER_REQUEST_DURATION)
  const active = new Map<HttpRequest, Kind>()
  const kinds = new Map<string, Kind>()
  const kindOf = ({ method, raw }: HttpRequest) => {
    const scheme = schemeOf(raw)
    const key = `${method} ${scheme}`
    const kind = kinds.get(key) ?? { attributes: attributesOfKind(method, scheme), level: 0 }
    // There are only the methods that node's parser knows.
    kinds.set(key, kind)
    return kind
  }
  const isLeftOut = (request: HttpRequest) => excluded.length > 0 && isExcluded(excluded, request.path)
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
  bus.on(requested, ({ request }) => {
    if (!isLeftOut(request)) active.set(request, kindOf(request))
  })
  bus.on(responded, (event) => {
    const { request, elapsed, delivery } = event
    const kind = active.get(request)
    active.delete(request)
    // An upgrade that was refused has never been active.
    if (!kind && isLeftOut(request)) return
    duration.record(elapsed, attributesOf(event, kind ?? kindOf(request)), delivery)
  })
  instruments.levels(metric.HTTP_SERVER_ACTIVE_REQUESTS, () => {
    for (const kind of kinds.values()) kind.level = 0
    for (const kind of active.values()) kind.level++
    return [...kinds].map(([key, { level, attributes }]) => [key, level, attributes])
  })
}

function attributesOfKind(method: string, scheme: string): Attributes {
  return {
    [attribute.HTTP_REQUEST_METHOD]: KNOWN_METHODS.has(method) ? method : '_OTHER',
    [attribute.URL_SCHEME]: scheme,
  }
}

function attributesOf({ request, status, actor, delivery }: Responded, kind: Kind): Attributes {
  const attributes = { ...kind.attributes }
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
