import type { ResolvedOptions } from './options.ts'

/** How long a broker may stay silent while we connect to it, in milliseconds. */
export const answerTimeout = 4_000

/**
 * The configuration for rascal: where it connects, and the exchanges it declares. We declare and consume queues over
 * our own channels, so that a queue that fails does not take others down. rascal does not recover by itself either: the
 * connection statechart decides. `signal` destroys every socket, even those that rascal forgets when a declaration
 * fails.
 */
export function configurationOf(
  { virtualhost, declare, ...options }: ResolvedOptions,
  exchanges: readonly string[],
  signal: AbortSignal,
): object {
  const existing = declare ? { assert: true } : { assert: false, check: true }
  const vhost = {
    connectionStrategy: 'fixed',
    connections: options.hosts.map(({ hostname, port }) => ({
      protocol: options.tls ? 'amqps' : 'amqp',
      hostname,
      port,
      vhost: encodeURIComponent(virtualhost),
      options: { heartbeat: options.heartbeat / 1_000, channelMax: 0 },
      socketOptions: {
        ...options.tls,
        timeout: answerTimeout,
        noDelay: true,
        signal,
        credentials: credentialsOf(options),
      },
    })),
    exchanges: Object.fromEntries(
      exchanges.map((name) => [name, { ...existing, type: 'topic', options: { durable: true } }]),
    ),
  }
  return { defaults: { vhosts: { connection: { retry: false } } }, vhosts: { [virtualhost]: vhost } }
}

/** An object keeps the credentials out of URLs, and so out of errors and logs. SASL PLAIN, RFC 4616. */
function credentialsOf({ login, password }: { readonly login: string; readonly password: string }): object {
  return { mechanism: 'PLAIN', response: () => Buffer.from(`\0${login}\0${password}`) }
}
