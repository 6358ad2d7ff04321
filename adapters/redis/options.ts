import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { MessageBusOptions, Resolved, ServerAddress, ServerOptions } from '../../kernel/adapter-kit.ts'
import {
  busOptionShapes,
  flag,
  lineOfText,
  resolveOptions,
  resolveServer,
  wholeNumber,
} from '../../kernel/adapter-kit.ts'

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
  /** How long others leave alone what a process holds that has died, in milliseconds. Default 30,000. */
  readonly lease?: number
}

const shapes = {
  ...busOptionShapes,
  name: lineOfText('redis'),
  database: wholeNumber(0, 0),
  prefix: lineOfText('tomodachi'),
  declare: flag(true),
  lease: wholeNumber(30_000, 1_000),
}

/** Options that were checked. */
export interface ResolvedOptions extends Resolved<typeof shapes>, Pick<RedisOptions, 'envelope'> {
  readonly server: ServerAddress
  /** The bus as a consumer, over all its connections: what it has in hand is settled over the next one too. */
  readonly me: string
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID`. */
export function resolveRedisOptions(options: RedisOptions): ResolvedOptions {
  const { url, host, port, username, password, tls, envelope, ...others } = options
  const address = { url, host, port, username, password, tls }
  const server = resolveServer('redis', address, { protocol: 'redis', port: 6_379 })
  const database = server.path === '' ? others.database : Number(server.path)
  const me = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  return { ...resolveOptions('redis', { ...others, database }, shapes), envelope, server, me }
}
