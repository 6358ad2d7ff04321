import type { ClientTlsOptions, MessageBusOptions, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  busOptionShapes,
  duration,
  flag,
  lineOfText,
  options,
  resolveOptions,
  serverOptionShapes,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Duration } from '../../../kernel/index.ts'
import { type AddressOption, hostsOption, type ResolvedAddress, resolveAddress } from './address.ts'

/** Options of a RabbitMQ bus; each default in its line. */
export interface AmqpOptions extends Omit<MessageBusOptions, 'name'> {
  /** Names the adapter in addresses, logs and `getContext()`. Default `amqp`. */
  readonly name?: string | undefined
  /** Host of the broker, or several that are tried in turn, each with its own port if you like: `rabbit-2:5673`. Default `127.0.0.1`. */
  readonly host?: string | readonly string[] | undefined
  /** Port of hosts that name none. Default `5672`; 5671 with `tls`. */
  readonly port?: number | undefined
  /** Default `guest`. */
  readonly login?: string | undefined
  /** Default `guest`. */
  readonly password?: string | undefined
  /** Virtual host. Default `/`. */
  readonly virtualhost?: string | undefined
  /** TLS, with the system's authorities, or with options. Default `false`, or what the URL says. */
  readonly tls?: boolean | ClientTlsOptions | undefined
  /** Instead of host, port, login, password and virtualhost: `amqps://login:password@host:5671/vhost`; with TLS, `amqps:`. */
  readonly url?: string | undefined
  /** Time between heartbeats, in whole seconds; a broker that is silent for twice as long counts as lost. 0 for none. Default `60s`. */
  readonly heartbeat?: Duration | undefined
  /** Exchange of topics that name none; declared as a durable topic exchange unless it is the broker's own. Default `amq.topic`. */
  readonly exchangeName?: string | undefined
  /** Stands before every routing key. Default none. */
  readonly routingKeyPrefix?: string | undefined
  /** Stands before every name of a queue. Default none. */
  readonly queueNamePrefix?: string | undefined
  /** The broker deletes a queue, with its messages, after this time without a consumer, in whole seconds; 0 for never. Default `1d`. */
  readonly queueTtl?: Duration | undefined
  /** How many messages the broker hands out before some are settled. */
  readonly qos?: QosOptions | undefined
  /** Whether exchanges, queues and bindings are declared; false uses what exists, and fails where something is missing. Default `true`. */
  readonly declare?: boolean | undefined
}

/** How many messages the broker hands out before some are settled. */
interface QosOptions {
  /** Per consumer. Default 100, or the concurrency of a topic that allows more. */
  readonly queuePrefetchCount?: number | undefined
  /** Per channel. Each consumer has its own, so it is a second limit per consumer. Default `400`. */
  readonly globalPrefetchCount?: number | undefined
}

const qosShapes = {
  queuePrefetchCount: wholeNumber(undefined, 1, 65_535),
  globalPrefetchCount: wholeNumber(400, 1, 65_535),
} satisfies ShapesOf<QosOptions>

/** The longest time that RabbitMQ takes for a queue or its messages is 2^32 - 1 ms. */
export const longestTtl = '49d'

const shapes = {
  ...busOptionShapes,
  name: lineOfText('amqp'),
  host: hostsOption(),
  port: serverOptionShapes.port,
  login: lineOfText(undefined),
  password: serverOptionShapes.password,
  virtualhost: lineOfText(undefined),
  tls: serverOptionShapes.tls,
  url: serverOptionShapes.url,
  heartbeat: duration('60s', { most: '18h', step: '1s' }),
  exchangeName: lineOfText('amq.topic', { empty: true }),
  routingKeyPrefix: lineOfText('', { empty: true }),
  queueNamePrefix: lineOfText('', { empty: true }),
  queueTtl: duration('1d', { most: longestTtl, step: '1s' }),
  qos: options(qosShapes),
  declare: flag(true),
} satisfies ShapesOf<AmqpOptions>

/** As other clients call them. */
const renamed = { vhost: 'virtualhost', exchange: 'exchangeName', prefetch: 'qos' }

/** The same options, checked, with nothing left open but the format. Durations are in milliseconds. */
export interface ResolvedOptions extends ResolvedAddress, Omit<Resolved<typeof shapes>, AddressOption> {}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID`. */
export function resolveAmqpOptions(given: AmqpOptions): ResolvedOptions {
  const { host, port, login, password, virtualhost, tls, url, ...own } = resolveOptions(
    'amqp',
    given,
    shapes,
    {
      renamed,
    },
  )
  return { ...own, ...resolveAddress({ host, port, login, password, virtualhost, tls, url }) }
}
