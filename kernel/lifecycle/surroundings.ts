import type { Adapter, AdapterStart } from '../actors/adapter.ts'
import type { Bus } from '../actors/bus.ts'
import { currentService } from '../actors/handling/context.ts'
import type { Service } from '../actors/service.ts'
import { adaptersOf } from './adapters-of.ts'

/** What an adapter of these services is started with, besides its actors and the signal. */
export function surroundings(
  adapter: Adapter,
  services: readonly Service[],
  bus: Bus,
): Pick<AdapterStart, 'bus' | 'deliver' | 'sender'> {
  const owner = services.find((service) => adaptersOf([service]).has(adapter)) ?? (services[0] as Service)
  return { bus, deliver: bus.deliver, sender: () => currentService() ?? owner }
}
