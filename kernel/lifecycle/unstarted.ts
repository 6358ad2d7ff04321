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
  /** Its name, which no other one has. */
  readonly name: string
  readonly actors: readonly Actor[]
  /** Starts it without the actors, so that it connects and consumes nothing. The caller closes it. */
  connect(): Promise<void>
  /** The same without creating or serving anything, until `signal` aborts. The caller closes it. */
  check(signal: AbortSignal): Promise<void>
}

/**
 * The adapters of services that are not run, for tools that look at what a service uses. No hook is called. Throws
 * `NO_HANDLERS`.
 */
export function unstartedAdapters(services: readonly Service<unknown>[]): readonly UnstartedAdapter[] {
  const [given, bus] = [services as readonly Service[], new Bus()]
  const steps = new LifecycleSteps(given, bus, new Stopwatch(systemClock), () => [])
  steps.prepare()
  const never = new AbortController().signal
  // In the order of the adapters.
  const names = Object.keys(steps.adapterContexts())
  return steps.adapters.map((adapter, index) => {
    const start = (signal: AbortSignal, isCheck: boolean) =>
      adapter.start({ actors: [], signal, isCheck, ...surroundings(adapter, given, bus) })
    return {
      adapter,
      name: names[index] as string,
      actors: steps.actors.filter(({ source }) => (source.adapter.origin ?? source.adapter) === adapter),
      connect: () => start(never, false),
      check: (signal) => start(signal, true),
    }
  })
}
