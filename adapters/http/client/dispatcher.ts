import type { Socket } from 'node:net'
import type { buildConnector, Dispatcher, Pool } from 'undici'
import { TomodachiError } from '../../../kernel/index.ts'
import { type ResolvedClientOptions, withoutCredentials } from './options.ts'
import { discardContinue } from './unasked-continue.ts'

/** The connections to the origin, or to the proxy that the environment names for it. Throws `OPTION_INVALID`. */
export function dispatcherOf(
  undici: typeof import('undici'),
  { url, connections, tls, proxyFromEnvironment, ...options }: ResolvedClientOptions,
): Dispatcher {
  const connectTimeout = finite(options.connectTimeout)
  const limits = {
    connections,
    pipelining: 1,
    allowH2: false,
    connectTimeout,
    headersTimeout: finite(options.headersTimeout),
    bodyTimeout: finite(options.bodyTimeout),
  }
  const direct = undici.buildConnector({ timeout: connectTimeout, allowH2: false, ...tls })
  // An agent of undici does not pass the limits to all the pools that it makes.
  const factory = (origin: string | URL, { connect }: Pool.Options = {}) =>
    new undici.Pool(origin, {
      ...limits,
      connect: patient(typeof connect === 'function' ? connect : direct),
    })
  const proxy = proxyFromEnvironment ? proxyFor(url) : undefined
  if (proxy === undefined) return factory(url)
  return new undici.EnvHttpProxyAgent({
    ...limits,
    ...(tls && { requestTls: tls }),
    httpProxy: proxy,
    httpsProxy: proxy,
    factory,
    // For the requests that open a tunnel.
    clientFactory: (origin, given) => new undici.Pool(origin, { ...limits, ...given }),
  })
}

/** Makes connections that tolerate an unasked `100 Continue`. */
function patient(connect: buildConnector.connector): buildConnector.connector {
  return (to, done) =>
    connect(to, (...[error, socket]) =>
      error ? done(error, null) : done(null, discardContinue(socket as Socket)),
    )
}

/** In undici, 0 means no limit. */
function finite(milliseconds: number): number {
  return milliseconds === Number.POSITIVE_INFINITY ? 0 : milliseconds
}

/**
 * The proxy that the environment names for an origin, as curl and node read it: a variable in lower case takes
 * precedence, and an address without a scheme means `http:`. Throws `OPTION_INVALID`, without the credentials.
 */
function proxyFor(url: string): string | undefined {
  const name = url.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const given = process.env[name.toLowerCase()] ?? process.env[name]
  const text = given?.trim() ?? ''
  if (text === '') return undefined
  const proxy = text.includes('://') ? text : `http://${text}`
  if (isProxy(proxy)) return proxy
  throw new TomodachiError('OPTION_INVALID', {
    option: `${name} of the environment`,
    expected: 'the address of a proxy, such as http://proxy:3128',
    actual: withoutCredentials(text),
  })
}

function isProxy(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text)
    decodeURIComponent(username + password)
    return /^(?:https?|socks5?):$/.test(protocol)
  } catch {
    return false
  }
}
