import type { Actor } from '../../adapter-kit.ts'
import type { DeadLetterQueues, MessageBus, Service } from '../../index.ts'
import { type UnstartedAdapter, unstartedAdapters } from '../../lifecycle/unstarted.ts'

/** A bus that is connected, and consumes nothing. */
export interface OpenedBus {
  readonly name: string
  /** The actors that would get messages from it; here they get none. */
  readonly actors: readonly Actor[]
  readonly deadLetterQueues: DeadLetterQueues
}

/** The buses of some services. */
export interface OpenedBuses {
  readonly buses: readonly OpenedBus[]
  /** Resolves when all are disconnected. */
  close(): Promise<void>
}

/**
 * Connects the buses that the services' handlers consume from, if these have dead-letter queues, and starts nothing
 * else: no hook, no handler, no other adapter. Rejects with the error of the first bus that cannot connect, and
 * with `NO_HANDLERS`.
 */
export async function openBuses(services: readonly Service[]): Promise<OpenedBuses> {
  const adapters = unstartedAdapters(services)
  const used = adapters.filter((one) => deadLetterQueuesOf(one) && one.actors.length > 0)
  const close = async () => {
    await Promise.allSettled(used.map(({ adapter }) => adapter.close()))
  }
  const failed = (await Promise.allSettled(used.map(({ connect }) => connect()))).find(isRejected)
  if (!failed) return { buses: used.flatMap(openedBusOf), close }
  await close()
  throw failed.reason
}

function openedBusOf(unstarted: UnstartedAdapter): OpenedBus[] {
  const { adapter, actors } = unstarted
  const deadLetterQueues = deadLetterQueuesOf(unstarted)
  return deadLetterQueues ? [{ name: adapter.name, actors, deadLetterQueues }] : []
}

function deadLetterQueuesOf({ adapter }: UnstartedAdapter): DeadLetterQueues | undefined {
  return (adapter as Partial<MessageBus>).deadLetterQueues
}

function isRejected(result: PromiseSettledResult<void>): result is PromiseRejectedResult {
  return result.status === 'rejected'
}
