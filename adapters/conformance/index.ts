import { asideLaws } from './aside.ts'
import { deadLetterLaws } from './dead-letters.ts'
import { deliveryLaws } from './delivery.ts'
import { drainLaws } from './drain.ts'
import { flowLaws } from './flow.ts'
import { handlerLaws } from './handlers.ts'
import type { Law } from './law.ts'
import { lifecycleLaws } from './lifecycle.ts'
import { orderLaws } from './order.ts'
import { publishLaws } from './publish.ts'
import { retryLaws } from './retry.ts'
import { Stage } from './stage.ts'
import { wireLaws } from './wire.ts'
import { type Features, strictest, type World } from './world.ts'

export type { Ability, DeadMessage, Features, Interruption, World } from './world.ts'

/** How the suite is told about a bus and about the test runner. */
export interface ConformanceOptions {
  /** Makes a fresh world: called once for every law, which closes it. */
  readonly create: () => World | Promise<World>
  /** Where the bus promises less than the memory bus, or takes longer. What is left out is demanded. */
  readonly features?: Partial<Features>
  /** Registers a test with the runner. Laws do not depend on each other, and may run at the same time. */
  readonly test: (name: string, body: () => Promise<void>) => void
  /** Registers a law that this bus is not held to. Default: a test of that name without a body. */
  readonly skip?: (name: string) => void
}

const laws: readonly Law[] = [
  ...deliveryLaws,
  ...orderLaws,
  ...retryLaws,
  ...deadLetterLaws,
  ...asideLaws,
  ...flowLaws,
  ...publishLaws,
  ...drainLaws,
  ...lifecycleLaws,
  ...handlerLaws,
  ...wireLaws,
]

/**
 * The laws of the delivery rules, as tests of a message bus: one for each, named by its number and its subject. It
 * needs no particular runner, and knows brokers only by the buses of a world.
 *
 *     conformance({ create: () => worldOf(new MemoryBroker()), test })
 */
export function conformance({ create, features, test, skip }: ConformanceOptions): void {
  const demanded: Features = { ...strictest, ...features }
  const leaveOut = skip ?? ((name: string) => test(name, async () => {}))
  for (const law of laws) {
    const absent = law.needs.filter((ability) => !demanded[ability])
    if (absent.length > 0) leaveOut(`${law.name} (left out: ${absent.join(', ')})`)
    else test(law.name, () => prove(law, create, demanded))
  }
}

async function prove(law: Law, create: ConformanceOptions['create'], features: Features): Promise<void> {
  const stage = new Stage(await create(), features)
  try {
    await law.prove(stage)
  } catch (error) {
    // The law's own failure says more than what its traces then do to the clearing up.
    await stage.clear().catch(() => {})
    throw error
  }
  await stage.clear()
}
