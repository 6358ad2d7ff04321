import {
  duration,
  flag,
  type OptionShape,
  resolveServerTls,
  type ServerTlsOptions,
  type ShapesOf,
  size,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import { type Duration, type Size, TomodachiError } from '../../../kernel/index.ts'
import { timeLimit } from './time-limit.ts'

/** Options of the connections that an HTTP server accepts. Each comment names the default. */
export interface ConnectionOptions {
  /** How long an idle connection is kept open. With 0 each connection is closed after its answer. Default `5s`. */
  readonly keepaliveTimeout?: Duration | undefined
  /**
   * How many requests a connection may send before it is closed, with the answer to the last one. Load balancers then
   * spread their connections anew. Each connection draws its own limit, up to a tenth lower, so that they do not all
   * end at once. Default Infinity.
   */
  readonly maxKeepaliveRequests?: number | undefined
  /**
   * The age at which a connection is closed, with the answer to its next request. Each connection draws its own limit,
   * up to a tenth lower. Default Infinity.
   */
  readonly maxKeepaliveTime?: Duration | undefined
  /**
   * How long the head of a request may take, from its first byte, or on a new connection from the start. Then the
   * answer is 408. A TLS handshake may take as long. 0 or Infinity for no limit. Default `20s`.
   */
  readonly headersTimeout?: Duration | undefined
  /**
   * How long a whole request may take, with its body. Then the answer is 408. 0 or Infinity for no limit. Default `5m`.
   */
  readonly requestTimeout?: Duration | undefined
  /**
   * How long a client may read nothing while an answer waits for it; then it is cut off. 0 or Infinity for no limit.
   * Default `30s`.
   */
  readonly sendTimeout?: Duration | undefined
  /** Largest head of a request; a larger one is answered with 431. Default `16KB`. */
  readonly maxHeaderSize?: Size | undefined
  /** How many connections may be open at the same time; further ones are closed at once. Default Infinity. */
  readonly maxConnections?: number | undefined
  /**
   * Whether other processes that set this option too may listen on the same port; the system then spreads the
   * connections (SO_REUSEPORT). macOS and Windows do not support it and fail with `ADDRESS_NOT_AVAILABLE`. Default
   * false.
   */
  readonly reusePort?: boolean | undefined
  /** Key and certificate, to serve HTTPS. Default: plain HTTP. */
  readonly tls?: ServerTlsOptions | undefined
}

const tlsOption: OptionShape<ReturnType<typeof resolveServerTls> | undefined> = {
  standard: undefined,
  expected: 'an object with a key and a certificate',
  read: (value, { owner, path }, option) =>
    resolveServerTls(`${owner}.${path}${option}`, value as ServerTlsOptions),
}

/** The shapes of the options of connections. */
export const connectionOptionShapes = {
  keepaliveTimeout: duration('5s'),
  maxKeepaliveRequests: wholeNumber(Number.POSITIVE_INFINITY, 1, undefined, { endless: true }),
  maxKeepaliveTime: duration(Number.POSITIVE_INFINITY, { least: '1ms', endless: true }),
  headersTimeout: timeLimit('20s'),
  requestTimeout: timeLimit('5m'),
  sendTimeout: timeLimit('30s'),
  maxHeaderSize: size('16KB'),
  maxConnections: wholeNumber(Number.POSITIVE_INFINITY, 1, undefined, { endless: true }),
  reusePort: flag(false),
  tls: tlsOption,
} satisfies ShapesOf<ConnectionOptions>

/** Throws `OPTIONS_CONFLICT` if limits are set for connections that end with their first answer anyway. */
export function checkKeepalive(given: ConnectionOptions, keepaliveTimeout: number): void {
  if (keepaliveTimeout > 0) return
  for (const option of ['maxKeepaliveRequests', 'maxKeepaliveTime'] as const)
    if (given[option] !== undefined && given[option] !== Number.POSITIVE_INFINITY)
      throw new TomodachiError('OPTIONS_CONFLICT', {
        one: `http.${option}`,
        other: 'a keepaliveTimeout of 0',
      })
}
