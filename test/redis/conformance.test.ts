// time limit: 300 s
// node: 24 only
// needs: redis
// coverage: none
import { configureLogging } from 'tomodachi'
import { type Ability, conformance, type World } from 'tomodachi/conformance'
import { ownRedis } from '../brokers/redis.ts'
import { interruptible } from '../chaos/interruptible.ts'
import { sideBySide } from '../side-by-side.ts'
import { redisWorld, serverUrl } from './world.ts'

// The laws make handlers fail by the thousand, and each failure is logged.
configureLogging({ logger: 'disabled' })

const test = sideBySide('the Redis bus conforms')
const features = { lease: 2_000, patience: 60_000, promptness: 15_000, silence: 200 }

async function create(needs: readonly Ability[]): Promise<World> {
  if (needs.includes('restart')) return restartable()
  // What a crashed bus had in hand comes when its lease is over.
  const lease = needs.includes('leases') ? features.lease : needs.includes('crash') ? '5s' : '30s'
  const { busOn, ...world } = await redisWorld({ lease })
  return interruptible(serverUrl, world, busOn)
}

/** A world on a server of its own. */
async function restartable(): Promise<World> {
  const server = await ownRedis()
  if (!server) throw new Error('Redis is not installed')
  const remove = () => server.remove()
  process.once('exit', remove)
  const { busOn, ...own } = await redisWorld({}, server.url)
  const world = interruptible(server.url, own, busOn, server)
  return {
    ...world,
    async close() {
      await world.close()
      remove()
      process.off('exit', remove)
    },
  }
}

conformance({ create, test, features })

test.run()
