import { backoffOf, type ClientTlsOptions, reasonOf, resolveClientTls } from '../../../kernel/adapter-kit.ts'
import type { RetryOptions } from '../../../kernel/index.ts'
import { bytesOf, invalidClientOption } from '../options/option-checks.ts'
import type { HeaderFields } from '../reply/reply.ts'
import { checkFields } from './headers.ts'

/** Options of a client; each default in its line. Times in milliseconds, `Infinity` for no limit. */
export interface ClientOptions {
  /** Names the adapter in logs, errors and `getContext()`. Default: `client` and the origin. */
  readonly name?: string
  /** Header fields of every call; a call's own win. */
  readonly headers?: HeaderFields
  /** Connections at most; further calls wait for one, within their `timeout`. Default 32. */
  readonly connections?: number
  /** All of a call, with its retries; of `stream` up to the header fields of the answer. Default 30,000. */
  readonly timeout?: number
  /** Until a connection stands. Default 5,000. */
  readonly connectTimeout?: number
  /** From the request to the header fields of its answer. Default 30,000. */
  readonly headersTimeout?: number
  /** Between two pieces of an answer's body. Default 30,000. */
  readonly bodyTimeout?: number
  /** Tries in all (default 3) and the backoff between them (default `{ first: 100, cap: 5000, factor: 2, jitter: 0.5 }`). */
  readonly retry?: RetryOptions
  /** Largest body of an answer, unless it is taken as a stream: bytes, or text such as `10MB`. Default `10MB`. */
  readonly maxResponseSize?: number | string
  /** For an origin that begins with `https:`: authorities, a certificate of its own. Default: what node trusts, and none. */
  readonly tls?: ClientTlsOptions
  /**
   * Whether calls go through the proxy that the environment names: `HTTP_PROXY` for an origin that begins with `http:`, `HTTPS_PROXY` for
   * one with `https:`, neither for hosts in `NO_PROXY`; also in lower case. Default false.
   */
  readonly proxyFromEnvironment?: boolean
}

/** The same options, checked, with nothing left open. Sizes in bytes. */
export interface ResolvedClientOptions {
  readonly name: string
  /** Without credentials: `http://orders:8080`. */
  readonly url: string
  readonly headers: HeaderFields
  readonly connections: number
  readonly timeout: number
  readonly connectTimeout: number
  readonly headersTimeout: number
  readonly bodyTimeout: number
  readonly attempts: number
  /** Milliseconds to wait after so many attempts. */
  readonly backoff: (attempt: number) => number
  readonly maxResponseSize: number
  readonly tls: ReturnType<typeof resolveClientTls> | undefined
  readonly proxyFromEnvironment: boolean
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveClientOptions(origin: string | URL, options: ClientOptions): ResolvedClientOptions {
  const { url, authorization } = originOf(origin)
  const {
    name = `client ${url}`,
    headers = {},
    connections = 32,
    timeout = 30_000,
    connectTimeout = 5_000,
    headersTimeout = 30_000,
    bodyTimeout = 30_000,
    retry: { attempts = 3, backoff = {} } = {},
    maxResponseSize = '10MB',
    tls,
    proxyFromEnvironment = false,
    ...unknown
  } = options
  for (const option of Object.keys(unknown))
    invalidClientOption(option, 'left out, as client() has no such option', 'given')
  if (typeof name !== 'string' || name === '') invalidClientOption('name', 'a string', name)
  checkFields(headers)
  if (!(Number.isInteger(connections) && connections >= 1))
    invalidClientOption('connections', 'an integer of at least 1', connections)
  for (const [option, value] of Object.entries({ timeout, connectTimeout, headersTimeout, bodyTimeout }))
    checkTimeout(option, value)
  if (typeof proxyFromEnvironment !== 'boolean')
    invalidClientOption('proxyFromEnvironment', 'true or false', proxyFromEnvironment)
  if (!(attempts >= 1)) invalidClientOption('retry.attempts', 'a number of at least 1', attempts)
  return {
    name,
    url,
    headers: { ...authorization, ...headers },
    connections,
    timeout,
    connectTimeout,
    headersTimeout,
    bodyTimeout,
    attempts,
    backoff: backoffOf(typeof backoff === 'function' ? backoff : { first: 100, cap: 5_000, ...backoff }),
    maxResponseSize: bytesOf('client.maxResponseSize', maxResponseSize),
    tls: tls === undefined ? undefined : tlsFor(url, tls),
    proxyFromEnvironment,
  }
}

/** Throws `OPTION_INVALID` for what is no time to wait. */
export function checkTimeout(option: string, value: unknown): void {
  // node's timers end at 2^31 - 1 milliseconds.
  const valid =
    typeof value === 'number' && value > 0 && (value <= 2_147_483_647 || value === Number.POSITIVE_INFINITY)
  if (!valid) invalidClientOption(option, 'a number of milliseconds from 1 to 2147483647, or Infinity', value)
}

function tlsFor(url: string, options: ClientTlsOptions) {
  if (!url.startsWith('https:'))
    invalidClientOption('tls', `left out for ${url}, or the origin begin with https:`, 'given')
  return resolveClientTls('client.tls', options)
}

/** An address as it may be shown, also one that is broken. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1')
}

/** The origin, and what its credentials say. They become a header field (RFC 7617), and are never shown. */
function originOf(origin: string | URL): { url: string; authorization: HeaderFields } {
  const text = String(origin)
  const shown = withoutCredentials(text)
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    invalidClientOption('origin', 'an origin such as http://orders:8080', shown)
  if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '')
    invalidClientOption('origin', 'an origin without a path, such as http://orders:8080', shown)
  const { username, password } = parsed
  if (username === '' && password === '') return { url: parsed.origin, authorization: {} }
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return {
      url: parsed.origin,
      authorization: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    }
  } catch (error) {
    invalidClientOption('origin', `one with percent-encoded credentials (${reasonOf(error)})`, shown)
  }
}
