import { TomodachiError } from '../../kernel/index.ts'

/** Options of a websocket adapter; each default in its line. */
export interface WebsocketOptions {
  /** Names the adapter in addresses, logs and `getContext()`. Default `websocket`. */
  readonly name?: string
  /** Bytes of the largest message that is received; a larger one closes the connection with 1009. Default 4 MB (of 1,024² bytes). */
  readonly maxPayload?: number
  /** Subprotocols that are spoken here, best first; the first that a client offers is agreed upon. Default: none. */
  readonly protocols?: readonly string[]
  /**
   * Origins that pages may connect from, such as `https://example.com`; others are refused with 403, clients that send
   * none are not. Default: any.
   */
  readonly origins?: readonly string[]
  /** Seconds without anything from a client, after which it is pinged; 0 for never. Default 30. */
  readonly pingInterval?: number
  /** Seconds from a ping without any answer, after which a client is taken for dead and cut off. Default 10. */
  readonly pingTimeout?: number
  /** Bytes that may wait to be sent to one client before `send` returns a promise. Default 64 KB. */
  readonly highWaterMark?: number
  /** Bytes that may wait to be sent to one client; one with more is cut off. Default 16 MB. */
  readonly sendLimit?: number
  /** Seconds in which nothing that waits was taken by the client, after which it is cut off. Default 30. */
  readonly sendTimeout?: number
  /** Whether messages may be compressed (RFC 7692). Costs memory and time. Default false. */
  readonly compression?: boolean
  /** Whether connections are logged when they open and close, by the logger `tomodachi.http.response`. Default true. */
  readonly accessLog?: boolean
}

/** The same options, checked, with nothing left open. */
export type ResolvedOptions = {
  readonly [Option in Exclude<keyof WebsocketOptions, 'origins'>]-?: NonNullable<WebsocketOptions[Option]>
} & { readonly origins: ReadonlySet<string> | undefined }

/** Characters of a token (RFC 9110, 5.6.2), which is what a subprotocol is. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveOptions(options: WebsocketOptions): ResolvedOptions {
  const {
    name = 'websocket',
    maxPayload = 4 * 1_024 ** 2,
    protocols = [],
    origins,
    pingInterval = 30,
    pingTimeout = 10,
    highWaterMark = 64 * 1_024,
    sendLimit = 16 * 1_024 ** 2,
    sendTimeout = 30,
    compression = false,
    accessLog = true,
    ...unknown
  } = options
  for (const [option, value] of Object.entries(unknown))
    refuse(option, 'left out, as websocket() has no such option', value)
  if (typeof name !== 'string' || /[\r\n\0]/.test(name)) refuse('name', 'a string of one line', name)
  if (!areStrings(protocols, token)) refuse('protocols', 'a list of tokens', protocols)
  if (origins !== undefined && !areStrings(origins, isOrigin))
    refuse('origins', 'a list of origins, such as https://example.com', origins)
  for (const [option, bytes] of Object.entries({ maxPayload, highWaterMark, sendLimit }))
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > 2 ** 31 - 1)
      refuse(option, 'a number of bytes from 1 to 2147483647', bytes)
  for (const [option, seconds] of Object.entries({ pingTimeout, sendTimeout }))
    if (!isDuration(seconds) || seconds === 0)
      refuse(option, 'a number of seconds from 0.1 to 86400', seconds)
  if (!isDuration(pingInterval))
    refuse('pingInterval', '0, or a number of seconds from 0.1 to 86400', pingInterval)
  for (const [option, flag] of Object.entries({ compression, accessLog }))
    if (typeof flag !== 'boolean') refuse(option, 'true or false', flag)
  return {
    name,
    maxPayload,
    protocols,
    origins: origins && new Set(origins),
    pingInterval,
    pingTimeout,
    highWaterMark,
    sendLimit,
    sendTimeout,
    compression,
    accessLog,
  }
}

/** As browsers write one (RFC 6454, 6.2): scheme and host in lower case, no path. `null` is that of a sandboxed page. */
const isOrigin = /^(null|[a-z][a-z0-9+.-]*:\/\/[^/\sA-Z]+)$/

function areStrings(values: unknown, pattern: RegExp): boolean {
  return Array.isArray(values) && values.every((value) => typeof value === 'string' && pattern.test(value))
}

function isDuration(seconds: unknown): boolean {
  return seconds === 0 || (typeof seconds === 'number' && seconds >= 0.1 && seconds <= 86_400)
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `websocket.${option}`, expected, actual })
}
