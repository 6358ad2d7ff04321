import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type {
  MessageBusOptions,
  Resolved,
  ServerAddress,
  ServerOptions,
  ShapesOf,
} from '../../kernel/adapter-kit.ts'
import {
  busOptionShapes,
  duration,
  flag,
  lineOfText,
  resolveOption,
  resolveOptions,
  resolveServer,
  serverOptionShapes,
  wholeNumber,
} from '../../kernel/adapter-kit.ts'
import type { Duration } from '../../kernel/index.ts'

/** Options of a Redis bus. Each comment names the default. */
export interface RedisOptions extends Partial<MessageBusOptions>, ServerOptions {
  /** Name of the adapter in addresses, logs and `getContext()`. Default `redis`. */
  readonly name?: string
  /** Number of the database, if the URL names none. Default 0. */
  readonly database?: number
  /** Prefix of every key; buses with different prefixes do not see each other. Default `tomodachi`. */
  readonly prefix?: string
  /**
   * Whether the bus creates queues and bindings. With `false` it uses the existing ones, and fails if a queue is
   * missing. Default true.
   */
  readonly declare?: boolean
  /** How long it takes until other processes take over the messages of a process that died. Default `30s`. */
  readonly lease?: Duration
}

const shapes = {
  ...busOptionShapes,
  ...serverOptionShapes,
  name: lineOfText('redis'),
  database: wholeNumber(0, 0),
  prefix: lineOfText('tomodachi'),
  declare: flag(true),
  lease: duration('30s', { least: '1s' }),
} satisfies ShapesOf<RedisOptions>

/** Options that were checked. */
export interface ResolvedOptions extends Omit<Resolved<typeof shapes>, keyof ServerOptions> {
  readonly server: ServerAddress
  /**
   * Name of the bus as a consumer. It stays the same across connections, so messages taken over one can be settled over
   * the next.
   */
  readonly me: string
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID`. */
export function resolveRedisOptions(options: RedisOptions): ResolvedOptions {
  const { host, port, username, password, url, tls, ...resolved } = resolveOptions('redis', options, shapes)
  const given = { host, port, username, password, url, tls }
  const server = resolveServer('redis', given, { protocol: 'redis', port: 6_379 })
  const me = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  return { ...resolved, database: databaseOf(server, resolved.database), server, me }
}

/** The database, which the URL may name: `redis://host/2`. */
function databaseOf({ path }: ServerAddress, database: number): number {
  return path === ''
    ? database
    : resolveOption({ owner: 'redis', path: '' }, 'database', Number(path), shapes.database)
}
