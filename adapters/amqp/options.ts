import type { Format } from '../../envelopes/index.ts'
import type { ClientTlsOptions } from '../../kernel/adapter-kit.ts'
import { type Address, type ResolvedAddress, resolveAddress } from './address.ts'
import { checkNumber, checkTexts, refuse } from './checks.ts'

/** Options of a RabbitMQ bus; each default in its line. */
export interface AmqpOptions {
  /** Names the adapter in addresses, logs and `getContext()`. Default `amqp`. */
  readonly name?: string
  /** Host of the broker, or several that are tried in turn, each with a port of its own if need be: `rabbit-2:5673`. Default `127.0.0.1`. */
  readonly host?: string | readonly string[]
  /** Port, where the host names none. Default 5672; 5671 with `ssl`. */
  readonly port?: number
  /** Default `guest`. */
  readonly login?: string
  /** Default `guest`. */
  readonly password?: string
  /** Virtual host. Default `/`. */
  readonly virtualhost?: string
  /** TLS, with the system's authorities, or with options. Default false. */
  readonly ssl?: boolean | ClientTlsOptions
  /** Instead of host, port, login, password, virtualhost and ssl: `amqps://login:password@host:5671/vhost`. */
  readonly url?: string
  /** Seconds between heartbeats; a broker that is silent for twice as long counts as lost. 0 for none. Default 60. */
  readonly heartbeat?: number
  /** Exchange of topics that name none; declared as a durable topic exchange unless it is the broker's own. Default `amq.topic`. */
  readonly exchangeName?: string
  /** Stands before every routing key. Default none. */
  readonly routingKeyPrefix?: string
  /** Stands before every name of a queue. Default none. */
  readonly queueNamePrefix?: string
  /** Seconds after which the broker deletes a queue that nobody consumes, with its messages; 0 for never. Default 86,400. */
  readonly queueTtl?: number
  /** How many messages the broker hands out before some are settled. */
  readonly qos?: {
    /** Per consumer. Default 100, or the concurrency of a topic that allows more. */
    readonly queuePrefetchCount?: number
    /** Per channel, and so again per consumer here. Default 400. */
    readonly globalPrefetchCount?: number
  }
  /** Whether exchanges, queues and bindings are declared; false uses what exists, and fails where something is missing. Default true. */
  readonly declare?: boolean
  /** Messages that may be under way to the broker, unconfirmed. Default 256. */
  readonly publishWindow?: number
  /** Messages that may wait for that window before `publish` rejects. Default 10,000. */
  readonly publishQueue?: number
  /** How long a message may take to be confirmed, in milliseconds, waiting included. Default 30,000. */
  readonly publishTimeout?: number
  /** How long connecting is tried at the start, in milliseconds, before the service fails. Default 4,000. */
  readonly startTimeout?: number
  /** How often it is looked whether consumers still get their messages, in milliseconds. Default 30,000. */
  readonly inspectionInterval?: number
  /** Wire format of topics that name none. Default `jsonBase()`. */
  readonly envelope?: Format
}

/** The same options, checked, with nothing left open but the format. */
export interface ResolvedOptions
  extends ResolvedAddress,
    Required<Omit<AmqpOptions, keyof Address | 'url' | 'qos' | 'envelope'>> {
  /** Undefined when not given. */
  readonly queuePrefetchCount: number | undefined
  readonly globalPrefetchCount: number
  readonly envelope: Format | undefined
}

const defaults = {
  name: 'amqp',
  heartbeat: 60,
  exchangeName: 'amq.topic',
  routingKeyPrefix: '',
  queueNamePrefix: '',
  queueTtl: 86_400,
  declare: true,
  publishWindow: 256,
  publishQueue: 10_000,
  publishTimeout: 30_000,
  startTimeout: 4_000,
  inspectionInterval: 30_000,
} as const satisfies AmqpOptions

const largest = 2 ** 31 - 1

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID` and `OPTIONS_CONFLICT`. */
export function resolveOptions(options: AmqpOptions): ResolvedOptions {
  const { url, host, port, login, password, virtualhost, ssl, qos = {}, envelope, ...own } = options
  refuseUnknown(own, defaults, '')
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  const resolved: Required<typeof own> = { ...defaults, ...given }
  const { queuePrefetchCount, globalPrefetchCount = 400, ...unknown } = qos
  refuseUnknown(unknown, {}, 'qos.')

  const { name, exchangeName, routingKeyPrefix, queueNamePrefix, declare } = resolved
  checkTexts({ name, exchangeName, routingKeyPrefix, queueNamePrefix })
  checkNumber('heartbeat', resolved.heartbeat, 0, 65_535)
  checkNumber('queueTtl', resolved.queueTtl, 0, 4_294_967)
  checkNumber('qos.queuePrefetchCount', queuePrefetchCount ?? 1, 1, 65_535)
  checkNumber('qos.globalPrefetchCount', globalPrefetchCount, 1, 65_535)
  checkNumber('publishWindow', resolved.publishWindow, 1, 65_535)
  checkNumber('publishQueue', resolved.publishQueue, 0, largest)
  checkNumber('publishTimeout', resolved.publishTimeout, 1, largest)
  checkNumber('startTimeout', resolved.startTimeout, 0, largest)
  checkNumber('inspectionInterval', resolved.inspectionInterval, 1, largest)
  if (typeof declare !== 'boolean') refuse('declare', 'true or false', declare)
  const address = resolveAddress(url, { host, port, login, password, virtualhost, ssl })
  return { ...address, ...resolved, queuePrefetchCount, globalPrefetchCount, envelope }
}

function refuseUnknown(given: object, known: object, prefix: string): void {
  for (const [option, value] of Object.entries(given)) {
    if (!(option in known)) refuse(prefix + option, 'left out, as amqp() has no such option', value)
  }
}
