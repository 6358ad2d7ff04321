import type { Actor } from '../actors/actor.ts'
import type { Adapter } from '../actors/adapter.ts'
import { Bus } from '../actors/bus.ts'
import type { Service } from '../actors/service.ts'
import { systemClock } from '../clock.ts'
import { Stopwatch } from '../stopwatch.ts'
import { LifecycleSteps } from './steps.ts'
import { surroundings } from './surroundings.ts'

/** An adapter of services that do not run, and the actors that it would be started with. */
export interface UnstartedAdapter {
  readonly adapter: Adapter
  readonly actors: readonly Actor[]
  /** Starts it without the actors, so that it connects and consumes nothing. The caller closes it. */
  connect(): Promise<void>
}

/**
 * The adapters of services that are not run, for tools that look at what a service uses. No hook is called. Throws
 * `NO_HANDLERS`.
 */
export function unstartedAdapters(services: readonly Service<unknown>[]): readonly UnstartedAdapter[] {
  const [given, bus] = [services as readonly Service[], new Bus()]
  const steps = new LifecycleSteps(given, bus, new Stopwatch(systemClock), () => [])
  steps.prepare()
  const { signal } = new AbortController()
  return steps.adapters.map((adapter) => ({
    adapter,
    actors: steps.actors.filter(({ source }) => (source.adapter.origin ?? source.adapter) === adapter),
    connect: () => adapter.start({ actors: [], signal, ...surroundings(adapter, given, bus) }),
  }))
}
