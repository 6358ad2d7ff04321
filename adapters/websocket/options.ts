import {
  duration,
  flag,
  lineOfText,
  type OptionShape,
  optionShape,
  type Resolved,
  resolveOptions,
  type ShapesOf,
  size,
} from '../../kernel/adapter-kit.ts'
import type { Duration, Size } from '../../kernel/index.ts'

/** Options of a websocket adapter. Each comment names the default. */
export interface WebsocketOptions {
  /** Name of the adapter in addresses, logs and `getContext()`. Default `websocket`. */
  readonly name?: string | undefined
  /** Largest message that is received; a larger one closes the connection with 1009. Default `4MB`. */
  readonly maxPayload?: Size | undefined
  /** Supported subprotocols, best first. The first one that the client also offers is chosen. Default: none. */
  readonly protocols?: readonly string[] | undefined
  /**
   * Origins whose pages may connect, such as `https://example.com`; pages of other origins are answered with 403.
   * Clients that send no origin may always connect. Default: any.
   */
  readonly origins?: readonly string[] | undefined
  /** How long a client may be silent before it is pinged; 0 or Infinity for never. Default `30s`. */
  readonly pingInterval?: Duration | undefined
  /** How long a client may stay silent after a ping before it is cut off. Infinity for no limit. Default `10s`. */
  readonly pingTimeout?: Duration | undefined
  /** How much data may wait to be sent to one client before `send` returns a promise. Default `64KB`. */
  readonly highWaterMark?: Size | undefined
  /** How much data may wait to be sent to one client before the client is cut off. Default `16MB`. */
  readonly sendLimit?: Size | undefined
  /**
   * How long a client may read nothing while data waits for it; then it is cut off. Infinity for no limit. Default
   * `30s`.
   */
  readonly sendTimeout?: Duration | undefined
  /** Whether messages may be compressed (RFC 7692). Costs memory and time. Default false. */
  readonly compression?: boolean | undefined
  /** Whether connections are logged when they open and close, by the logger `tomodachi.http.response`. Default true. */
  readonly accessLog?: boolean | undefined
}

/** Characters of a token (RFC 9110, 5.6.2), which is what a subprotocol is. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** As browsers write one (RFC 6454, 6.2): scheme and host in lower case, no path. `null` is that of a sandboxed page. */
const isOrigin = /^(null|[a-z][a-z0-9+.-]*:\/\/[^/\sA-Z]+)$/

/** A list of text whose entries all match a pattern. */
function listOf<Standard extends readonly string[] | undefined>(
  standard: Standard,
  pattern: RegExp,
  expected: string,
): OptionShape<readonly string[] | Standard> {
  const fits = (value: unknown) => typeof value === 'string' && pattern.test(value)
  return optionShape<readonly string[] | Standard>(standard, expected, (value) =>
    Array.isArray(value) && value.every(fits) ? value : undefined,
  )
}

/** The shortest limit has four heartbeats, so it must not be too short. */
const limits = { least: '100ms', endless: true } as const

/** A duration for which 0 means never, as Infinity does. */
function neverOr(standard: Duration): OptionShape<number> {
  const shape = duration(standard, limits)
  return {
    ...shape,
    expected: `0, or ${shape.expected}`,
    read: (value, place, option) =>
      value === 0 ? Number.POSITIVE_INFINITY : shape.read(value, place, option),
  }
}

/** The most bytes that ws can count. */
const most = 2 ** 31 - 1

const shapes = {
  name: lineOfText('websocket'),
  maxPayload: size('4MB', { most }),
  protocols: listOf([], token, 'a list of tokens, such as ["v1.chat"]'),
  origins: listOf(undefined, isOrigin, 'a list of origins, such as ["https://example.com"]'),
  pingInterval: neverOr('30s'),
  pingTimeout: duration('10s', limits),
  highWaterMark: size('64KB', { most }),
  sendLimit: size('16MB', { most }),
  sendTimeout: duration('30s', limits),
  compression: flag(false),
  accessLog: flag(true),
} satisfies ShapesOf<WebsocketOptions>

/** Options that were checked. Times are in milliseconds, with Infinity for no limit; sizes are in bytes. */
export interface ResolvedWebsocketOptions extends Omit<Resolved<typeof shapes>, 'origins'> {
  readonly origins: ReadonlySet<string> | undefined
}

/** Names that others have for these options. */
const renamed = { heartbeat: 'pingInterval', perMessageDeflate: 'compression', maxMessageSize: 'maxPayload' }

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveWebsocketOptions(options: WebsocketOptions): ResolvedWebsocketOptions {
  const { origins, ...resolved } = resolveOptions('websocket', options, shapes, { renamed })
  return { ...resolved, origins: origins && new Set(origins) }
}
