import {
  lineOfText,
  optionShape,
  type Resolved,
  resolveOptions,
  type ShapesOf,
  size,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Size } from '../../../kernel/index.ts'
import { type ConnectionOptions, checkKeepalive, connectionOptionShapes } from './connection-options.ts'
import { type OverloadOptions, overloadOption } from './overload-options.ts'
import { type ClientAddress, clientAddress, proxiesOption, proxyHeaderOption } from './real-ip.ts'

/** Options of an HTTP server. Each comment names the default. */
export interface HttpOptions extends ConnectionOptions {
  /** Name of the adapter in addresses, logs and `getContext()`. Default `http`. */
  readonly name?: string | undefined
  /** Port to listen on, 0 for any free one. Default 9700. */
  readonly port?: number | undefined
  /** Address to listen on. Default `0.0.0.0`. */
  readonly host?: string | undefined
  /** Content type of replies that do not name one. Default `text/plain; charset=utf-8`. */
  readonly contentType?: string | undefined
  /** Value of the `Server` header; an empty string leaves the header out. Default `tomodachi`. */
  readonly serverHeader?: string | undefined
  /**
   * Largest request body, after decompression, for routes that set no `maxBodySize`. For a body with a schema, at most
   * `1MB` of it. Default `100MB`.
   */
  readonly clientMaxSize?: Size | undefined
  /**
   * Whether each request is logged, by the logger `tomodachi.http.response`. If you give the path of a file, each
   * request is also written there, as a line of JSON, whatever the log level. Default true.
   */
  readonly accessLog?: boolean | string | undefined
  /**
   * Addresses and networks (`10.0.0.0/8`) of the proxies in front of the server. They are trusted to tell the client's
   * address. Default: none.
   */
  readonly realIpFrom?: string | readonly string[] | undefined
  /**
   * The header in which the proxies tell it: a list of addresses, to which each proxy appends one. Default
   * `X-Forwarded-For`.
   */
  readonly realIpHeader?: string | undefined
  /** When requests are shed because there are too many. Default: never. */
  readonly overload?: OverloadOptions | undefined
}

const accessLogOption = optionShape<boolean | string>(true, 'true, false or the path of a file', (value) =>
  typeof value === 'boolean' || (typeof value === 'string' && value !== '') ? value : undefined,
)

const shapes = {
  name: lineOfText('http'),
  port: wholeNumber(9_700, 0, 65_535),
  host: lineOfText('0.0.0.0', { empty: true }),
  contentType: lineOfText('text/plain; charset=utf-8'),
  serverHeader: lineOfText('tomodachi', { empty: true }),
  clientMaxSize: size('100MB'),
  accessLog: accessLogOption,
  realIpFrom: proxiesOption,
  realIpHeader: proxyHeaderOption('X-Forwarded-For'),
  overload: overloadOption,
  ...connectionOptionShapes,
} satisfies ShapesOf<HttpOptions>

/** Names that other servers have for these options. */
const renamed = {
  bodyLimit: 'clientMaxSize',
  maxBodySize: 'clientMaxSize',
  https: 'tls',
  maxEventLoopDelay: 'overload.maxEventLoopDelay',
  trustProxy: 'realIpFrom',
}

/** Options that were checked. Times are in milliseconds, with 0 for no limit; sizes are in bytes. */
export interface ResolvedHttpOptions extends Omit<Resolved<typeof shapes>, 'realIpFrom' | 'realIpHeader'> {
  /** Who sent a request. */
  readonly client: ClientAddress
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID`. */
export function resolveHttpOptions(options: HttpOptions): ResolvedHttpOptions {
  const { realIpFrom, realIpHeader, ...resolved } = resolveOptions('http', options, shapes, { renamed })
  checkKeepalive(options, resolved.keepaliveTimeout)
  return { ...resolved, client: clientAddress(realIpFrom, realIpHeader) }
}
