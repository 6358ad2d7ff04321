import { ownRedis, runningRedis } from '../brokers/redis.ts'
import { overBroker } from './broker.ts'
import type { Line } from './line.ts'
import type { Pace } from './pace.ts'

/** Messages over Redis, against the bare client on the same server with the same wire format. */
export function redis(pace: Pace): AsyncGenerator<Line> {
  return overBroker('redis', { name: 'Redis', running: runningRedis, own: () => ownRedis() }, pace)
}
