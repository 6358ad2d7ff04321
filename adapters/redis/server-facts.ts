import type { ServerAddress } from '../../kernel/adapter-kit.ts'
import { type Logger, TomodachiError } from '../../kernel/index.ts'
import type { Connection } from './connection.ts'
import './errors.ts'

/** The oldest version of Redis that has what the scripts need. */
const oldest = 7
/** The longest text that a server takes unless it is set otherwise (`proto-max-bulk-len`), in bytes. */
const longestText = 536_870_912

/**
 * Resolves with the longest text that the server takes, in bytes. Rejects with `SERVER_UNSUPPORTED` when it cannot
 * carry the bus, and warns when it may delete messages. What its user may not ask is not checked.
 */
export async function inspectServer(
  { call }: Pick<Connection, 'call'>,
  { host, port }: ServerAddress,
  log: Logger,
): Promise<number> {
  const facts = factsIn(String(await call('INFO').catch(() => '')))
  // It would take the connection, and refuse every message.
  if (facts.loading === '1') throw new Error('LOADING: it is reading its data from disk')
  const reason = objectionTo(facts)
  if (reason) throw new TomodachiError('SERVER_UNSUPPORTED', { broker: `${host}:${port}`, reason })
  const { maxmemory = '0', maxmemory_policy: policy = 'noeviction' } = facts
  if (maxmemory !== '0' && policy !== 'noeviction')
    log.warn('when its memory is full, the server deletes queues; set maxmemory-policy to noeviction', {
      policy,
    })
  const [, longest] = (await call('CONFIG', 'GET', 'proto-max-bulk-len').catch(() => [])) as unknown[]
  return Number(String(longest)) || longestText
}

function objectionTo({ redis_mode: mode, redis_version: version = `${oldest}` }: Facts): string | undefined {
  if (mode === 'cluster')
    return 'it belongs to a Redis Cluster; use a single server, or a primary with replicas'
  if (mode === 'sentinel')
    return 'it is a Sentinel; give the address of the primary, or of a proxy that knows it'
  if (Number.parseInt(version, 10) < oldest) return `it is Redis ${version}; use ${oldest}.0 or newer`
  return undefined
}

type Facts = Readonly<Partial<Record<string, string>>>

/** The lines `name:value` of INFO. */
const factsIn = (text: string): Facts =>
  Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]))
