import type { Adapter } from '../actors/adapter.ts'
import type { Service } from '../actors/service.ts'

/** The adapters that services use, and `others`, each once, in the order of their first use. */
export function adaptersOf(
  services: readonly Service[],
  others: readonly Adapter[] = [],
): ReadonlySet<Adapter> {
  const adapters = services.flatMap((service) => [
    ...service.adapters,
    ...service.registrations.map(({ source }) => source.adapter),
  ])
  const named = [...adapters, ...others].map((adapter) => adapter.origin ?? adapter)
  return new Set(
    named.flatMap((adapter) => [adapter, ...(adapter.needs ?? []).map((need) => need.origin ?? need)]),
  )
}
