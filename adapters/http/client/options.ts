import {
  backoffOf,
  backoffOption,
  type ClientTlsOptions,
  duration,
  flag,
  lineOfText,
  type OptionShape,
  options as optionsWithin,
  type Resolved,
  reasonOf,
  resolveClientTls,
  resolveOptions,
  type ShapesOf,
  size,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import { type Duration, type RetryOptions, type Size, TomodachiError } from '../../../kernel/index.ts'
import type { HeaderFields } from '../reply/reply.ts'
import { headersOption } from './headers.ts'

/** Options of a client. Each comment names the default. Infinity means no limit of time. */
export interface ClientOptions {
  /** Name of the adapter in logs, errors and `getContext()`. Default: the word `client`, followed by the origin. */
  readonly name?: string | undefined
  /** Header fields of every call. The fields of a call take precedence. */
  readonly headers?: HeaderFields | undefined
  /** Most connections. When all are busy, a call waits for one, within its `timeout`. Default 32. */
  readonly connections?: number | undefined
  /**
   * How long a call may take, with all its retries. For `stream`, the time until the header fields of the answer.
   * Default `30s`.
   */
  readonly timeout?: Duration | undefined
  /** How long it may take to connect. Default `5s`. */
  readonly connectTimeout?: Duration | undefined
  /** How long it may take from the request to the header fields of the answer. Default `30s`. */
  readonly headersTimeout?: Duration | undefined
  /** How long the pause between two pieces of an answer's body may be. Default `30s`. */
  readonly bodyTimeout?: Duration | undefined
  /**
   * How many times a call is tried in all (default 3), and the backoff between the tries (default `{ first: 100, cap:
   * '5s', factor: 2, jitter: 0.5 }`).
   */
  readonly retry?: RetryOptions | undefined
  /** Largest body of an answer that is not taken as a stream. Default `10MB`. */
  readonly maxResponseSize?: Size | undefined
  /**
   * Certificate authorities and a client certificate, for an origin that begins with `https:`. Default: the authorities
   * that node trusts, and no certificate.
   */
  readonly tls?: ClientTlsOptions | undefined
  /**
   * Whether calls go through the proxy that the environment names: `HTTP_PROXY` for an origin that begins with `http:`,
   * `HTTPS_PROXY` for `https:`, none for hosts in `NO_PROXY`. Lower case works too. Default false.
   */
  readonly proxyFromEnvironment?: boolean | undefined
}

/** The option `timeout`, also of a single call. */
export function timeoutOption<Standard extends Duration | undefined>(standard: Standard) {
  return duration(standard, { least: '1ms', endless: true })
}

const tlsOption: OptionShape<ReturnType<typeof resolveClientTls> | undefined> = {
  standard: undefined,
  expected: 'an object',
  read: (value, { owner, path }, option) =>
    resolveClientTls(`${owner}.${path}${option}`, value as ClientTlsOptions),
}

const shapes = {
  name: lineOfText(undefined),
  headers: headersOption(),
  connections: wholeNumber(32, 1),
  timeout: timeoutOption('30s'),
  connectTimeout: timeoutOption('5s'),
  headersTimeout: timeoutOption('30s'),
  bodyTimeout: timeoutOption('30s'),
  retry: optionsWithin({
    attempts: wholeNumber(3, 1, undefined, { endless: true }),
    backoff: backoffOption({ first: 100, cap: '5s' }),
  } satisfies ShapesOf<RetryOptions>),
  maxResponseSize: size('10MB'),
  tls: tlsOption,
  proxyFromEnvironment: flag(false),
} satisfies ShapesOf<ClientOptions>

/** Names that other clients have for these options. */
const renamed = { proxy: 'proxyFromEnvironment', maxBodySize: 'maxResponseSize' }

/** Options that were checked. Times are in milliseconds, the size in bytes. */
export interface ResolvedClientOptions extends Omit<Resolved<typeof shapes>, 'retry'> {
  readonly name: string
  /** Without credentials: `http://orders:8080`. */
  readonly url: string
  readonly attempts: number
  /** Milliseconds to wait after so many attempts. */
  readonly backoff: (attempt: number) => number
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID` and `TLS_INVALID`. */
export function resolveClientOptions(origin: string | URL, options: ClientOptions): ResolvedClientOptions {
  const { url, authorization } = originOf(origin)
  const { retry, headers, name, ...resolved } = resolveOptions('client', options, shapes, { renamed })
  if (resolved.tls !== undefined && !url.startsWith('https:'))
    throw new TomodachiError('OPTION_INVALID', {
      option: 'client.tls',
      expected: 'used with an origin that begins with https:',
      actual: url,
    })
  return {
    ...resolved,
    name: name ?? `client ${url}`,
    url,
    headers: { ...authorization, ...headers },
    attempts: retry.attempts,
    backoff: backoffOf(retry.backoff),
  }
}

/** An address without credentials, so that it may be shown. The address may be malformed. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1')
}

/** The origin, and its credentials as a header field (RFC 7617). Credentials are never shown. */
function originOf(origin: string | URL): { url: string; authorization: HeaderFields } {
  const text = String(origin)
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw invalid(text, 'an origin such as http://orders:8080')
  if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '')
    throw invalid(text, 'an origin without a path, such as http://orders:8080')
  const { username, password } = parsed
  if (username === '' && password === '') return { url: parsed.origin, authorization: {} }
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return {
      url: parsed.origin,
      authorization: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    }
  } catch (error) {
    throw invalid(text, `an origin with percent-encoded credentials (${reasonOf(error)})`)
  }
}

function invalid(origin: string, expected: string): TomodachiError {
  const actual = withoutCredentials(origin)
  return new TomodachiError('OPTION_INVALID', { option: 'client(origin)', expected, actual })
}
