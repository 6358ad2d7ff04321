import { ownRabbitmq, runningRabbitmq } from '../brokers/rabbitmq.ts'
import { ownRedis, runningRedis } from '../brokers/redis.ts'
import type { TestFile } from './files.ts'

/** The brokers that test files need, brought up once for all of them. */
export interface Brokers {
  /** What is wrong, where a broker has to be there and is not. */
  readonly faults: readonly string[]
  /** Whether the broker that the file needs runs, if it needs one. */
  serves(file: TestFile): boolean
  /** Ends what was brought up. */
  remove(): void
}

/** A kind of broker, by the name that files need it by. */
interface Kind {
  readonly name: string
  /** The variable in which files find its URL. */
  readonly variable: string
  running(): Promise<string | undefined>
  own(): Promise<{ readonly url: string; remove(): void } | undefined>
}

const kinds: Readonly<Record<string, Kind>> = {
  rabbitmq: { name: 'RabbitMQ', variable: 'AMQP_URL', running: runningRabbitmq, own: ownRabbitmq },
  redis: { name: 'Redis', variable: 'REDIS_URL', running: runningRedis, own: () => ownRedis() },
}

/** Brings up what the files need. Without it those files are left out, which in CI is a fault. */
export async function bringUp(files: readonly TestFile[]): Promise<Brokers> {
  const missing = new Set<string>()
  const owned: { remove(): void }[] = []
  for (const [needs, { name, variable, running, own }] of Object.entries(kinds)) {
    const needy = files.filter((file) => file.needs.includes(needs)).length
    if (needy === 0 || (await running())) continue
    const broker = await own()
    if (broker) {
      process.env[variable] = broker.url
      owned.push(broker)
    } else {
      missing.add(needs)
      console.log(`${name} is not installed: ${needy} files are left out`)
    }
  }
  const faults = [...missing].map((needs) => `${kinds[needs]?.name} is not installed`)
  return {
    faults: process.env.CI === undefined ? [] : faults,
    serves: ({ needs }) => !needs.some((kind) => missing.has(kind)),
    remove: () => {
      for (const broker of owned) broker.remove()
    },
  }
}
