import { type Next, Service } from 'tomodachi'
import {
  type ConnectionOptions,
  client,
  events,
  type HttpOptions,
  health,
  http,
  setCookie,
  type TlsOptions,
} from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'

const tls: TlsOptions = { key: 'PEM', cert: Buffer.from('PEM'), ca: ['PEM', Buffer.from('PEM')] }
const limits: ConnectionOptions = { maxKeepaliveRequests: Number.POSITIVE_INFINITY, maxHeaderSize: '16KB' }

http({ ...limits, tls, reusePort: true, port: 9_700 } satisfies HttpOptions)

// @ts-expect-error a key needs its certificate
http({ tls: { key: 'PEM' } })

// @ts-expect-error versions that nobody should speak
http({ tls: { ...tls, minVersion: 'TLSv1' } })

// @ts-expect-error there is no such option
http({ keepAliveTimeout: 5 })

// Durations and sizes; what is undefined counts as left out.
http({ keepaliveTimeout: '75s', sendTimeout: Number.POSITIVE_INFINITY, headersTimeout: 500, port: undefined })
http().post('/', { maxBodySize: '1.5MB' })
websocket(http(), { pingInterval: '1m', maxPayload: '1MB', origins: undefined })
client('http://orders', { timeout: '2s', maxResponseSize: '1GB', retry: { backoff: { first: '50ms' } } })
setCookie('id', 'a', { maxAge: '30d', path: undefined })
events(async function* () {}, { heartbeat: '20s' })

// @ts-expect-error a duration in text has a unit
http({ keepaliveTimeout: '75' })

// @ts-expect-error there is no such unit
websocket(http(), { pingInterval: '1 min' })

// @ts-expect-error there is no such unit
http({ maxHeaderSize: '16 kilobytes' })

// Probes bring their own handlers; the server may have middleware, and be a group with params.
const signedIn = async (_: object, next: Next) => next({ user: 'ada' })
const probed: Service = new Service({ name: 'orders' })
  .on(health(http(), { live: '/healthz', ready: '/readyz' }))
  .on(health(http().use(signedIn).group('/shops/:shop'), { ignoreLogging: true }))
probed.on(http().get('/'), () => 'here')

class Orders extends Service {
  constructor() {
    super({ stopDelay: '5s' })
    this.on(health(http()))
  }
}
new Orders()

// @ts-expect-error a source without a handler of its own needs one
new Service().on([http().get('/')])

// @ts-expect-error a list has its handlers
new Service().on(health(http()), () => 'here')

// @ts-expect-error there is no such option
health(http(), { path: '/healthz' })
