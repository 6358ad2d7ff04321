import type { Adapter } from '../actors/adapter.ts'
import { type Service, serviceBrand } from '../actors/service.ts'
import { adapterList } from '../actors/service-checks.ts'
import type { Clock } from '../clock.ts'
import { TomodachiError } from '../errors.ts'
import { clockOption } from '../options/clock-option.ts'
import { flag } from '../options/option-shapes.ts'
import type { ShapesOf } from '../options/resolve-options.ts'
import { adaptersOf } from './adapters-of.ts'
import { running } from './process/process-registry.ts'

/** Options of a kernel. */
export interface KernelOptions {
  /**
   * Whether the kernel owns the process. If so, it stops on a signal and then ends the process; a second signal ends the
   * process at once; `exit()` ends it too; and its end is logged at info instead of debug. Default true.
   */
  readonly ownsProcess?: boolean
  /** Adapters that run beside those of the services: what watches all of them, such as `opentelemetry()`. Default: none. */
  readonly adapters?: readonly Adapter[]
  /** The clock for the timers of the lifecycle. Default: the system's. */
  readonly clock?: Clock
}

/** The shapes that the options must have. */
export const kernelShapes = {
  ownsProcess: flag(true),
  adapters: adapterList(),
  clock: clockOption(),
} satisfies ShapesOf<KernelOptions>

/**
 * Throws `NO_SERVICES` for an empty list, `SERVICE_INVALID` for anything that is not a service, and
 * `SERVICE_TWICE`.
 */
export function checkServices(services: readonly unknown[]): void {
  if (!Array.isArray(services)) throw serviceInvalid(services)
  if (services.length === 0) throw new TomodachiError('NO_SERVICES', {})
  const seen = new Set<Service>()
  for (const service of services) {
    if (!isService(service)) throw serviceInvalid(service)
    if (seen.has(service)) throw new TomodachiError('SERVICE_TWICE', { service: service.name })
    seen.add(service)
  }
}

/** Throws `SERVICE_ALREADY_RUNS` or `ADAPTER_ALREADY_RUNS` if another kernel of this process runs one of them. */
export function refuseRunning(services: readonly Service[], others: readonly Adapter[]): void {
  const adapters = adaptersOf(services, others)
  for (const kernel of running) {
    const twice = kernel.services.find((service) => services.includes(service))
    if (twice) throw new TomodachiError('SERVICE_ALREADY_RUNS', { service: twice.name })
    const shared = kernel.adapters().find((adapter) => adapters.has(adapter))
    if (shared) throw new TomodachiError('ADAPTER_ALREADY_RUNS', { adapter: shared.name })
  }
}

/** Accepts services of another copy of the package too. */
function isService(value: unknown): value is Service {
  return typeof value === 'object' && value !== null && serviceBrand in value
}

function serviceInvalid(actual: unknown): TomodachiError {
  return new TomodachiError('SERVICE_INVALID', { actual, hint: hintFor(actual) })
}

function hintFor(actual: unknown): string {
  if (actual === undefined) return 'is it exported where it is imported from?'
  if (Array.isArray(actual)) return 'write run(...services)'
  if (actual instanceof Promise) return 'await it'
  if (isService(actual)) return 'put it into an array'
  if (typeof actual === 'object' && actual !== null && 'ownsProcess' in actual)
    return 'write new Kernel(services, options).start()'
  if (typeof actual !== 'function') return ''
  return actual.prototype === undefined ? 'call it' : `write run(new ${actual.name || 'Orders'}())`
}
