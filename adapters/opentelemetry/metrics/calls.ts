import type { Attributes } from '@opentelemetry/api'
import type { Bus } from '../../../kernel/index.ts'
import type { Called } from '../../http/index.ts'
import { errorTypeOf } from '../conventions/error-type.ts'
import { called } from '../conventions/events.ts'
import { attribute, KNOWN_METHODS, metric } from '../conventions/semantic-conventions.ts'
import type { Instruments } from './instruments.ts'

/** Measures the attempts of calls that clients make. */
export function measureCalls(bus: Bus, instruments: Instruments): void {
  const duration = instruments.histogram(metric.HTTP_CLIENT_REQUEST_DURATION)
  const servers = new Map<string, Attributes>()
  bus.on(called, (event) => {
    const server = servers.get(event.origin) ?? serverOf(event.origin)
    servers.set(event.origin, server)
    duration.record(event.elapsed, { ...server, ...outcomeOf(event) })
  })
}

function serverOf(origin: string): Attributes {
  const { protocol, hostname, port } = new URL(origin)
  return {
    [attribute.SERVER_ADDRESS]: hostname,
    [attribute.SERVER_PORT]: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    [attribute.URL_SCHEME]: protocol.slice(0, -1),
  }
}

/** For a client every status from 400 on is an error. An attempt that was cancelled has neither status nor error. */
function outcomeOf({ method, status, error }: Called): Attributes {
  const attributes: Attributes = {
    [attribute.HTTP_REQUEST_METHOD]: KNOWN_METHODS.has(method) ? method : '_OTHER',
  }
  if (status === undefined)
    attributes[attribute.ERROR_TYPE] = error === undefined ? 'cancelled' : errorTypeOf(error)
  else {
    attributes[attribute.HTTP_RESPONSE_STATUS_CODE] = status
    if (status >= 400) attributes[attribute.ERROR_TYPE] = `${status}`
  }
  return attributes
}
