import type { ResolvedOptions } from './options.ts'
import type { Topology } from './topology.ts'

/** How long a broker may take to answer while it is being connected to, in milliseconds. */
const answerTimeout = 4_000

/**
 * What rascal is to connect to, declare and subscribe. It is not to recover anything by itself: the connection
 * statechart decides. `signal` destroys every socket, those too that rascal forgets when a declaration fails.
 */
export function configurationOf(
  { virtualhost, declare, ...options }: ResolvedOptions,
  { exchanges, consumed }: Topology,
  signal: AbortSignal,
): object {
  const existing = declare ? { assert: true } : { assert: false, check: true }
  const bindings = consumed.flatMap(({ queue }) =>
    queue.bindings.map(({ exchange, key }) => ({
      source: exchange,
      destination: queue.name,
      bindingKey: key,
    })),
  )
  const vhost = {
    connectionStrategy: 'fixed',
    connections: options.hosts.map(({ hostname, port }) => ({
      protocol: options.tls ? 'amqps' : 'amqp',
      hostname,
      port,
      vhost: encodeURIComponent(virtualhost),
      options: { heartbeat: options.heartbeat, channelMax: 0 },
      socketOptions: {
        ...options.tls,
        timeout: answerTimeout,
        noDelay: true,
        signal,
        credentials: credentialsOf(options),
      },
    })),
    exchanges: Object.fromEntries([
      ...bindings.map(({ source }) => [source, { assert: false }]),
      ...exchanges.map((name) => [name, { ...existing, type: 'topic', options: { durable: true } }]),
    ]),
    queues: Object.fromEntries([
      // Where nothing is declared, a message that cannot be handled must have a place as well.
      ...(declare ? [] : consumed.map(({ deadLetter }) => [deadLetter, existing] as const)),
      ...consumed.map(
        ({ queue }) =>
          [queue.name, { ...existing, options: { durable: true, arguments: queue.arguments } }] as const,
      ),
    ]),
    bindings: declare
      ? Object.fromEntries(bindings.map((binding, index) => [`binding${index}`, binding]))
      : {},
    subscriptions: Object.fromEntries(
      consumed.map(({ queue, prefetch }) => [queue.name, subscriptionOf(queue.name, prefetch)]),
    ),
  }
  return { defaults: { vhosts: { connection: { retry: false } } }, vhosts: { [virtualhost]: vhost } }
}

function subscriptionOf(queue: string, prefetch: number): object {
  return {
    queue,
    prefetch,
    retry: false,
    // Bytes as they are: formats read them, whatever content type a message claims.
    contentType: 'application/octet-stream',
    redeliveries: { limit: Number.MAX_SAFE_INTEGER, timeout: 2 ** 31 - 1 },
  }
}

/** As an object, so that they stand in no URL, and so in no error and no log. SASL PLAIN, RFC 4616. */
function credentialsOf({ login, password }: { readonly login: string; readonly password: string }): object {
  return { mechanism: 'PLAIN', response: () => Buffer.from(`\0${login}\0${password}`) }
}
