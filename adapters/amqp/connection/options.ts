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
   * `amqps:`.
   */
  readonly url?: string | undefined
  /**
   * Time between heartbeats, in whole seconds. A broker that is silent for twice as long counts as lost. 0 turns
   * heartbeats off. Default `60s`.
   */
  readonly heartbeat?: Duration | undefined
  /**
   * Exchange of topics that do not name one. The bus declares it as a durable topic exchange unless it is one of the
   * broker's own. Default `amq.topic`.
   */
  readonly exchangeName?: string | undefined
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

/** The options, checked and with every default filled in, except for the format. Durations are in milliseconds. */
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
