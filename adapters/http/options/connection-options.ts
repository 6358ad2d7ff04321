import type { TlsOptions as NodeTlsOptions } from 'node:tls'
import { resolveServerTls, type ServerTlsOptions } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { bytesOf, invalidOption } from './option-checks.ts'

/** Options of the connections that an HTTP server takes; each default in its line. */
export interface ConnectionOptions {
  /** Seconds that an idle connection is kept open; 0 closes each after its answer. Default 5. */
  readonly keepaliveTimeout?: number
  /**
   * Requests after which a connection is closed, with the answer to the last one, so that load balancers spread their
   * connections anew. Each connection has a limit of its own, at most a tenth lower: they do not all end together.
   * Default Infinity.
   */
  readonly maxKeepaliveRequests?: number
  /** Seconds after which the answer to the next request closes a connection; spread likewise. Default Infinity. */
  readonly maxKeepaliveTime?: number
  /**
   * Seconds in which the head of a request has to come, counted from its first byte, and on a new connection from its
   * beginning; then 408. TLS handshakes have the same time. 0 for no limit. Default 20.
   */
  readonly headersTimeout?: number
  /** Seconds in which a whole request has to come, with its body; then 408. 0 for no limit. Default 300. */
  readonly requestTimeout?: number
  /**
   * Seconds in which a client took nothing of the answer that waits for it, after which it is cut off; the time that an
   * answer takes to be made does not count. 0 for no limit. Default 30.
   */
  readonly sendTimeout?: number
  /** Largest head of a request, answered with 431 beyond: bytes, or text such as `16KB`. Default `16KB`. */
  readonly maxHeaderSize?: number | string
  /** Connections that may be open at once; further ones are closed at once. Default Infinity. */
  readonly maxConnections?: number
  /**
   * Whether other processes may listen on the same port, each with this option, and the system shares connections out
   * (SO_REUSEPORT). Not on macOS and Windows: `ADDRESS_NOT_AVAILABLE`. Default false.
   */
  readonly reusePort?: boolean
  /** Key and certificate, to serve HTTPS. Default: plain HTTP. */
  readonly tls?: ServerTlsOptions
}

/** The same options, checked, with nothing left open. Sizes in bytes. */
export interface ResolvedConnectionOptions extends Required<Omit<ConnectionOptions, 'tls'>> {
  readonly maxHeaderSize: number
  readonly tls: NodeTlsOptions | undefined
}

/** Checks the options of connections and fills in the defaults; returns what is left of `options` beside them. */
export function resolveConnectionOptions<Others extends object>(
  options: ConnectionOptions & Others,
): [ResolvedConnectionOptions, object] {
  const {
    keepaliveTimeout = 5,
    maxKeepaliveRequests = Number.POSITIVE_INFINITY,
    maxKeepaliveTime = Number.POSITIVE_INFINITY,
    headersTimeout = 20,
    requestTimeout = 300,
    sendTimeout = 30,
    maxHeaderSize = '16KB',
    maxConnections = Number.POSITIVE_INFINITY,
    reusePort = false,
    tls,
    ...others
  } = options
  for (const [option, value] of Object.entries({
    keepaliveTimeout,
    headersTimeout,
    requestTimeout,
    sendTimeout,
  })) {
    // node's timers end at 2^31 - 1 milliseconds, and it adds a second of its own to the time of idle connections.
    if (typeof value !== 'number' || !(value >= 0 && value <= 2_147_482))
      invalidOption(option, 'a number of seconds from 0 to 2147482', value)
  }
  for (const [option, value] of Object.entries({ maxKeepaliveRequests, maxConnections })) {
    if (!(Number.isInteger(value) || value === Number.POSITIVE_INFINITY) || value < 1)
      invalidOption(option, 'an integer from 1, or Infinity', value)
  }
  if (typeof maxKeepaliveTime !== 'number' || !(maxKeepaliveTime > 0))
    invalidOption('maxKeepaliveTime', 'a number of seconds above 0, or Infinity', maxKeepaliveTime)
  for (const [option, value] of Object.entries({ maxKeepaliveRequests, maxKeepaliveTime })) {
    if (keepaliveTimeout === 0 && value !== Number.POSITIVE_INFINITY)
      throw new TomodachiError('OPTIONS_CONFLICT', {
        one: `http.${option}`,
        other: 'a keepaliveTimeout of 0',
      })
  }
  if (typeof reusePort !== 'boolean') invalidOption('reusePort', 'true or false', reusePort)
  const resolved = {
    keepaliveTimeout,
    maxKeepaliveRequests,
    maxKeepaliveTime,
    headersTimeout,
    requestTimeout,
    sendTimeout,
    maxHeaderSize: bytesOf('http.maxHeaderSize', maxHeaderSize),
    maxConnections,
    reusePort,
    tls: tls === undefined ? undefined : resolveServerTls('http.tls', tls),
  }
  return [resolved, others]
}
