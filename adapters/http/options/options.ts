import {
  type ConnectionOptions,
  type ResolvedConnectionOptions,
  resolveConnectionOptions,
} from './connection-options.ts'
import { bytesOf, invalidOption, rejectUnknown } from './option-checks.ts'
import { type ClientAddress, clientAddress } from './real-ip.ts'

/** Options of an HTTP server; each default in its line. */
export interface HttpOptions extends ConnectionOptions {
  /** Names the adapter in addresses, logs and `getContext()`. Default `http`. */
  readonly name?: string
  /** Port to listen on, 0 for any free one. Default 9700. */
  readonly port?: number
  /** Address to listen on. Default `0.0.0.0`. */
  readonly host?: string
  /** Content type of replies that name none. Default `text/plain; charset=utf-8`. */
  readonly contentType?: string
  /** Value of the `Server` header; an empty string leaves the header out. Default `tomodachi`. */
  readonly serverHeader?: string
  /**
   * Largest request body, after decompression, for routes that name no `maxBodySize`; with a schema at most `1MB`. Bytes, or
   * text such as `100MB`, `512K`. Default `100MB` (of 1,024² bytes).
   */
  readonly clientMaxSize?: number | string
  /**
   * Whether each request is logged, by the logger `tomodachi.http.response`. The path of a file logs there too, as lines
   * of JSON, whatever the level of the loggers. Default true.
   */
  readonly accessLog?: boolean | string
  /** Addresses and networks (`10.0.0.0/8`) of the proxies in front, which tell who called them. Default: none. */
  readonly realIpFrom?: string | readonly string[]
  /** The header in which they do, with a list to whose end each of them adds. Default `X-Forwarded-For`. */
  readonly realIpHeader?: string
}

/** The same options, checked, with nothing left open. Sizes in bytes. */
export interface ResolvedOptions
  extends ResolvedConnectionOptions,
    Required<Omit<HttpOptions, keyof ConnectionOptions | 'clientMaxSize' | 'realIpFrom' | 'realIpHeader'>> {
  readonly clientMaxSize: number
  /** Who sent a request. */
  readonly client: ClientAddress
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveOptions(options: HttpOptions): ResolvedOptions {
  const {
    name = 'http',
    port = 9_700,
    host = '0.0.0.0',
    contentType = 'text/plain; charset=utf-8',
    serverHeader = 'tomodachi',
    clientMaxSize = '100MB',
    accessLog = true,
    realIpFrom = [],
    realIpHeader = 'X-Forwarded-For',
    ...others
  } = options
  const [connectionOptions, unknown] = resolveConnectionOptions(others)
  rejectUnknown('', unknown)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    invalidOption('port', 'an integer from 0 to 65535', port)
  for (const [option, value] of Object.entries({ name, host, contentType, serverHeader })) {
    // A header of these must not be able to end its line.
    if (typeof value !== 'string' || /[\r\n\0]/.test(value))
      invalidOption(option, 'a string of one line', value)
  }
  if (typeof accessLog !== 'boolean' && (typeof accessLog !== 'string' || accessLog === ''))
    invalidOption('accessLog', 'true, false or the path of a file', accessLog)
  return {
    name,
    port,
    host,
    contentType,
    serverHeader,
    clientMaxSize: bytesOf('http.clientMaxSize', clientMaxSize),
    accessLog,
    client: clientAddress(realIpFrom, realIpHeader),
    ...connectionOptions,
  }
}
