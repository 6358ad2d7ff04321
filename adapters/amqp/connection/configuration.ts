import type { Endpoint } from './address.ts'

/** How long a broker may stay silent while we connect to it, in milliseconds. */
const answerTimeout = 4_000

/** What rascal's task for connecting takes: how to reach one host. */
export interface ConnectionConfiguration {
  readonly url: object
  /** What errors of rascal call the host. */
  readonly loggableUrl: string
  readonly socketOptions: object
}

/** `name` is shown by the broker. `signal` destroys the socket at any time. */
export function configurationOf(
  { hostname, port, login, password, virtualhost, tls, ...tuning }: Endpoint,
  name: string,
  signal: AbortSignal,
): ConnectionConfiguration {
  const vhost = encodeURIComponent(virtualhost)
  const { heartbeat, channelMax, connectionTimeout, authMechanism } = tuning
  return {
    url: {
      protocol: tls ? 'amqps' : 'amqp',
      hostname,
      port,
      vhost,
      heartbeat: heartbeat / 1_000,
      channelMax,
    },
    loggableUrl: `${hostname}:${port}`,
    socketOptions: {
      ...tls,
      timeout: Math.min(answerTimeout, connectionTimeout),
      noDelay: true,
      signal,
      // An object keeps the credentials out of URLs, and so out of errors and logs.
      credentials: {
        mechanism: authMechanism,
        // SASL PLAIN is RFC 4616; with EXTERNAL the client's certificate says who it is (RFC 4422, appendix A).
        response: () => Buffer.from(authMechanism === 'PLAIN' ? `\0${login}\0${password}` : ''),
      },
      clientProperties: { connection_name: name },
    },
  }
}
