import type { ClientTlsOptions, MessageBusOptions, Resolved, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  busOptionShapes,
  choice,
  duration,
  flag,
  lineOfText,
  options,
  resolveOptions,
  serverOptionShapes,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Duration } from '../../../kernel/index.ts'
import {
  type AddressOption,
  hostsOption,
  type ResolvedAddress,
  resolveAddress,
  urlOption,
} from './address.ts'
import { shortText } from './short-text.ts'
import { mechanisms } from './url-query.ts'

export const exchangeTypes = ['topic', 'direct', 'fanout', 'headers'] as const
/** How an exchange routes: the types that RabbitMQ has without plugins. */
export type ExchangeType = (typeof exchangeTypes)[number]

/** Options of a RabbitMQ bus. Each comment names the default. */
export interface AmqpOptions extends Omit<MessageBusOptions, 'name'> {
  /** Name of the adapter in addresses, logs and `getContext()`. Default `amqp`. */
  readonly name?: string | undefined
  /**
   * Host of the broker, or several hosts that are tried in turn. Each may have its own port: `rabbit-2:5673`. Default
   * `127.0.0.1`.
   */
  readonly host?: string | readonly string[] | undefined
  /** Port of the hosts that do not name one. Default `5672`; 5671 with `tls`. */
  readonly port?: number | undefined
  /** Default `guest`. */
  readonly login?: string | undefined
  /** Default `guest`. */
  readonly password?: string | undefined
  /** Virtual host. Default `/`. */
  readonly virtualhost?: string | undefined
  /** TLS with the system's certificate authorities (`true`), or with options. Default `false`, or what the URL says. */
  readonly tls?: boolean | ClientTlsOptions | undefined
  /**
   * Replaces host, port, login, password and virtualhost: `amqp://login:password@host:5672/vhost`, or with TLS
   * `amqps:`. Several URLs are tried in turn. A query sets `heartbeat` in seconds, `connection_timeout` in
   * milliseconds, `channel_max`, `auth_mechanism`, and for TLS `cacertfile`, `certfile`, `keyfile`, `verify` and
   * `server_name_indication`, as in RabbitMQ's URI query parameters.
   */
  readonly url?: string | readonly string[] | undefined
  /** Name of the connections, as the broker shows it. Default: the name of the service. */
  readonly connectionName?: string | undefined
  /**
   * How long a host may take to accept a connection, login included, before the next one is tried. A host that is
   * silent for 4 s counts as failed. Default `10s`.
   */
  readonly connectionTimeout?: Duration | undefined
  /**
   * Most channels of a connection; 0 for as many as the broker allows. Each consumer takes one, and further connections
   * are opened when all are taken. Default `0`.
   */
  readonly channelMax?: number | undefined
  /**
   * How to log in (SASL): with login and password, or with the client certificate in `tls` (`EXTERNAL`, RFC 4422).
   * Default `PLAIN`.
   */
  readonly authMechanism?: 'PLAIN' | 'EXTERNAL' | undefined
  /**
   * Time between heartbeats, in whole seconds. A broker that is silent for twice as long counts as lost. 0 turns
   * heartbeats off. Default `60s`.
   */
  readonly heartbeat?: Duration | undefined
  /**
   * Exchange of topics that do not name one. The bus declares it as a durable exchange unless it is one of the
   * broker's own. Default `amq.topic`.
   */
  readonly exchangeName?: string | undefined
  /** Type of that exchange: `topic`, `direct`, `fanout` or `headers`. Default `topic`. */
  readonly exchangeType?: ExchangeType | undefined
  /** Exchange to which the broker sends messages that no queue of that exchange takes. It must exist. Default none. */
  readonly alternateExchange?: string | undefined
  /** Prefix of every routing key. Default none. */
  readonly routingKeyPrefix?: string | undefined
  /** Prefix of every queue name. Default none. */
  readonly queueNamePrefix?: string | undefined
  /**
   * The broker deletes a queue, with its messages, when it has had no consumer for this long, in whole seconds; 0 for
   * never. Default `1d`.
   */
  readonly queueTtl?: Duration | undefined
  /** How many messages the broker hands out before some are settled. */
  readonly qos?: QosOptions | undefined
  /**
   * Whether the bus declares exchanges, queues and bindings. With `false` it uses the existing ones, and fails if one
   * is missing. Default `true`.
   */
  readonly declare?: boolean | undefined
}

/** How many messages the broker hands out before some are settled. */
interface QosOptions {
  /**
   * Limit per consumer. Above the default it matters only with `orderBy`. Default 100, or the `concurrency` that the
   * topic sets, times `batch.size`; with `orderBy` at least 100.
   */
  readonly queuePrefetchCount?: number | undefined
  /** Limit per channel. Each consumer has its own channel, so this is a second limit per consumer. Default `400`. */
  readonly globalPrefetchCount?: number | undefined
}

const qosShapes = {
  queuePrefetchCount: wholeNumber(undefined, 1, 65_535),
  globalPrefetchCount: wholeNumber(400, 1, 65_535),
} satisfies ShapesOf<QosOptions>

/** The longest lifetime that RabbitMQ accepts for a queue or its messages is 2^32 - 1 ms. */
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
  url: urlOption(),
  connectionName: lineOfText(undefined),
  connectionTimeout: duration(undefined, { least: 1 }),
  channelMax: wholeNumber(undefined, 0, 65_535),
  authMechanism: choice(undefined, mechanisms),
  heartbeat: duration(undefined, { most: '18h', step: '1s' }),
  exchangeName: shortText('amq.topic', { empty: true }),
  exchangeType: choice(undefined, exchangeTypes),
  alternateExchange: shortText(undefined),
  routingKeyPrefix: lineOfText('', { empty: true }),
  queueNamePrefix: lineOfText('', { empty: true }),
  queueTtl: duration('1d', { most: longestTtl, step: '1s' }),
  qos: options(qosShapes),
  declare: flag(true),
} satisfies ShapesOf<AmqpOptions>

/** As other clients call them. */
const renamed = { vhost: 'virtualhost', exchange: 'exchangeName', prefetch: 'qos' }

/** The options, checked and with every default filled in, except for the format. Durations are in milliseconds. */
export interface ResolvedOptions extends ResolvedAddress, Omit<Resolved<typeof shapes>, AddressOption> {}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID`. */
export function resolveAmqpOptions(given: AmqpOptions): ResolvedOptions {
  const resolved = resolveOptions('amqp', given, shapes, { renamed })
  const { host, port, login, password, virtualhost, tls, url, ...others } = resolved
  const { heartbeat, connectionTimeout, channelMax, authMechanism, ...own } = others
  const tuning = { heartbeat, connectionTimeout, channelMax, authMechanism }
  return { ...own, ...resolveAddress({ host, port, login, password, virtualhost, tls, url, ...tuning }) }
}
