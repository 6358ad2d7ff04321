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

/** Options of a Redis bus; each default in its line. */
export interface RedisOptions extends Partial<MessageBusOptions>, ServerOptions {
  /** Names the adapter in addresses, logs and `getContext()`. Default `redis`. */
  readonly name?: string
  /** Number of the database, where the URL names none. Default 0. */
  readonly database?: number
  /** Stands before every key; buses of different prefixes do not see each other. Default `tomodachi`. */
  readonly prefix?: string
  /** Whether queues and bindings are made; false uses what exists, and fails where a queue is missing. Default true. */
  readonly declare?: boolean
  /** How long other processes leave alone what a process held when it died. Default `30s`. */
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
  /** The bus as a consumer, over all its connections: what it has in hand is settled over the next one too. */
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
