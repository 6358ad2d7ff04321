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

/** Options of the connections that an HTTP server takes; each default in its line. */
export interface ConnectionOptions {
  /** How long an idle connection is kept open; 0 closes each after its answer. Default `5s`. */
  readonly keepaliveTimeout?: Duration | undefined
  /**
   * Requests after which a connection is closed, with the answer to the last one, so that load balancers spread their
   * connections anew. Each connection draws a limit of its own, at most a tenth lower, so that they do not all end at once.
   * Default Infinity.
   */
  readonly maxKeepaliveRequests?: number | undefined
  /** Age at which a connection is closed, with the answer to its next request; drawn likewise. Default Infinity. */
  readonly maxKeepaliveTime?: Duration | undefined
  /**
   * How long the head of a request may take, from its first byte, and on a new connection from the start; then 408. A TLS
   * handshake may take as long. 0 or Infinity for no limit. Default `20s`.
   */
  readonly headersTimeout?: Duration | undefined
  /** How long a whole request may take, with its body; then 408. 0 or Infinity for no limit. Default `5m`. */
  readonly requestTimeout?: Duration | undefined
  /**
   * How long a client may take nothing of an answer that is ready for it; then it is cut off. 0 or Infinity for no limit.
   * Default `30s`.
   */
  readonly sendTimeout?: Duration | undefined
  /** Largest head of a request; a larger one is answered with 431. Default `16KB`. */
  readonly maxHeaderSize?: Size | undefined
  /** Connections that may be open at the same time; further ones are closed at once. Default Infinity. */
  readonly maxConnections?: number | undefined
  /**
   * Whether other processes may listen on the same port, each with this option; the system then shares the connections out
   * (SO_REUSEPORT). Not on macOS and Windows: `ADDRESS_NOT_AVAILABLE`. Default false.
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

/** What the options of connections have to be. */
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

/** Throws `OPTIONS_CONFLICT` for limits of connections that end with their first answer anyway. */
export function checkKeepalive(given: ConnectionOptions, keepaliveTimeout: number): void {
  if (keepaliveTimeout > 0) return
  for (const option of ['maxKeepaliveRequests', 'maxKeepaliveTime'] as const)
    if (given[option] !== undefined && given[option] !== Number.POSITIVE_INFINITY)
      throw new TomodachiError('OPTIONS_CONFLICT', {
        one: `http.${option}`,
        other: 'a keepaliveTimeout of 0',
      })
}
