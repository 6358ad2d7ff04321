import type { Actor } from '../actors/actor.ts'
import type { Adapter } from '../actors/adapter.ts'
import { Bus } from '../actors/bus.ts'
import type { Service } from '../actors/service.ts'
import { systemClock } from '../clock.ts'
import type { DeadLetterQueues } from '../messaging/dead-letter-queues.ts'
import { Stopwatch } from '../stopwatch.ts'
import { LifecycleSteps } from './steps.ts'

/** A bus that is connected, and consumes nothing. */
export interface OpenedBus {
  readonly name: string
  /** The actors whose messages come over it; none of them is given any. */
  readonly actors: readonly Actor[]
  readonly deadLetterQueues: DeadLetterQueues
}

/** The buses of some services. */
export interface OpenedBuses {
  readonly buses: readonly OpenedBus[]
  /** Resolves when none is connected any more. */
  close(): Promise<void>
}

/**
 * Connects the buses that the handlers of these services get messages from, as far as they set messages aside, and
 * starts nothing else: no hook, no handler, no other adapter. Rejects with what the first bus that cannot connect
 * rejects with, and with `NO_HANDLERS`.
 */
export async function openBuses(services: readonly Service<unknown>[]): Promise<OpenedBuses> {
  const bus = new Bus()
  const steps = new LifecycleSteps(services as readonly Service[], bus, new Stopwatch(systemClock))
  steps.prepare()
  const buses = steps.adapters.flatMap((adapter) => openedBusOf(adapter, steps.actors))
  const adapters = buses.map(({ adapter }) => adapter)
  const close = async () => {
    await Promise.allSettled(adapters.map((adapter) => adapter.close()))
  }
  const { signal } = new AbortController()
  // Without actors there is nothing to consume.
  const starts = adapters.map((adapter) => adapter.start(steps.givenTo(adapter, [], signal)))
  const failed = (await Promise.allSettled(starts)).find(({ status }) => status === 'rejected')
  if (!failed) return { buses, close }
  await close()
  throw (failed as PromiseRejectedResult).reason
}

function openedBusOf(adapter: Adapter, all: readonly Actor[]): (OpenedBus & { readonly adapter: Adapter })[] {
  const { name, deadLetterQueues } = adapter
  const actors = all.filter(({ source }) => (source.adapter.origin ?? source.adapter) === adapter)
  return deadLetterQueues && actors.length > 0 ? [{ adapter, name, actors, deadLetterQueues }] : []
}
