import { ownRabbitmq, runningRabbitmq } from '../brokers/rabbitmq.ts'
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

/** Brings up what the files need. Without it those files are left out, which in CI is a fault. */
export async function bringUp(files: readonly TestFile[]): Promise<Brokers> {
  const needy = files.filter(({ needs }) => needs === 'rabbitmq')
  const broker = needy.length > 0 && !(await runningRabbitmq()) ? await ownRabbitmq() : undefined
  if (broker) process.env.AMQP_URL = broker.url
  const runs = needy.length === 0 || broker !== undefined || (await runningRabbitmq()) !== undefined
  if (!runs) console.log(`RabbitMQ is not installed: ${needy.length} files are left out`)
  return {
    faults: runs || process.env.CI === undefined ? [] : ['RabbitMQ is not installed'],
    serves: ({ needs }) => runs || needs !== 'rabbitmq',
    remove: () => broker?.remove(),
  }
}
