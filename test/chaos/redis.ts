import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { ownRedis, type Redis } from '../brokers/redis.ts'
import type { Fault } from './faults.ts'
import { Fleet, pair } from './fleet.ts'
import { type Order, sizeOf } from './order.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { strikeWhile } from './strike.ts'

type Kind = 'restarts' | 'cuts' | 'kills'

const full = { messages: 100_000, faults: { restarts: 5, cuts: 20, kills: 5 } }
const short = { messages: 10_000, faults: { restarts: 1, cuts: 2, kills: 1 } }

/** Restarts of the server, cuts of connections and kills of consumers, while two publish and two consume. */
export async function redis(order: Order): Promise<Outcome> {
  const { report } = order
  const { messages, faults } = sizeOf(order, order.short ? short : full)
  const server = await ownRedis()
  if (!server) throw new Error('Redis is not installed')
  const removeWithProcess = () => server.remove()
  process.once('exit', removeWithProcess)
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-chaos-'))
  const fleet = new Fleet({ url: server.url, folder, messages })
  const arm = async (fault: Fault<Kind>) => () => strike(fault, server, fleet)
  try {
    await Promise.race([strikeWhile(fleet, { messages, faults, arm, report }), fleet.failure])
    return outcomeOf(messages, fleet.confirmed, fleet.handled, faults)
  } finally {
    await fleet.kill()
    server.remove()
    process.off('exit', removeWithProcess)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function strike({ kind, turn }: Fault<Kind>, server: Redis, fleet: Fleet): Promise<void> {
  if (kind === 'kills') return fleet.replaceConsumer(turn % pair.length)
  if (kind === 'cuts') return cut(server, turn % 2 === 0 ? 'all' : 'one')
  await server.kill()
  await server.start()
}

/** Ends every connection of the fleet, or one of them. */
async function cut({ url }: Redis, which: 'all' | 'one'): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  const own = await client.clientId()
  const ids = (await client.clientList()).map(({ id }) => id).filter((id) => id !== own)
  const chosen = which === 'all' ? ids : [ids[Math.floor(Math.random() * ids.length)]]
  for (const id of chosen) await client.sendCommand(['CLIENT', 'KILL', 'ID', String(id)])
  await client.close()
}
