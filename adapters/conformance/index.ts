import { callback, options, required, resolveOptions, type ShapesOf } from '../../kernel/adapter-kit.ts'
import { batchLaws } from './laws/batch.ts'
import { deadLetterQueueLaws } from './laws/dead-letter-queues.ts'
import { deadLetterLaws } from './laws/dead-letters.ts'
import { deliveryLaws } from './laws/delivery.ts'
import { drainLaws } from './laws/drain.ts'
import { flowLaws } from './laws/flow.ts'
import { handlerLaws } from './laws/handlers.ts'
import { leaseLaws } from './laws/leases.ts'
import { lifecycleLaws } from './laws/lifecycle.ts'
import { orderLaws } from './laws/order.ts'
import { outageLaws } from './laws/outages.ts'
import { publishLaws } from './laws/publish.ts'
import { retryLaws } from './laws/retry.ts'
import { wireLaws } from './laws/wire.ts'
import type { Law } from './stage/law.ts'
import { printReport, type Report, Reporter } from './stage/report.ts'
import { Stage } from './stage/stage.ts'
import { type Ability, type Features, featureShapes, type GivenFeatures, type World } from './stage/world.ts'

export { type NotProved, printReport, type Report } from './stage/report.ts'
export type { Ability, DeadMessage, Features, Interruption, World } from './stage/world.ts'

/** Tells the suite about your bus and your test runner. */
export interface ConformanceOptions {
  /**
   * Makes a fresh world. It is called once for every law, which closes the world afterwards. `needs` lists the
   * abilities that the law uses, so that you make expensive things, such as a broker that can be restarted, only for
   * the laws that need them.
   */
  readonly create: (needs: readonly Ability[]) => World | Promise<World>
  /**
   * Where your bus promises less than the strictest bus, or takes longer. Every feature that you leave out is demanded.
   */
  readonly features?: GivenFeatures | undefined
  /** Registers a test with the runner. Laws do not depend on each other, and may run at the same time. */
  readonly test: (name: string, body: () => Promise<void>) => void
  /** Registers a law that is left out for this bus. Default: a test of that name without a body. */
  readonly skip?: (name: string) => void
  /** Called when the last law has been judged. Default: prints a line that names what was not proved. */
  readonly report?: (report: Report) => void
}

const conformanceShapes = {
  create: required(callback<ConformanceOptions['create']>()),
  features: options(featureShapes),
  test: required(callback<ConformanceOptions['test']>()),
  skip: callback<NonNullable<ConformanceOptions['skip']>>(),
  report: callback<NonNullable<ConformanceOptions['report']>>(),
} satisfies ShapesOf<ConformanceOptions>

const laws: readonly Law[] = [
  ...deliveryLaws,
  ...orderLaws,
  ...retryLaws,
  ...deadLetterLaws,
  ...deadLetterQueueLaws,
  ...flowLaws,
  ...batchLaws,
  ...publishLaws,
  ...drainLaws,
  ...leaseLaws,
  ...lifecycleLaws,
  ...outageLaws,
  ...handlerLaws,
  ...wireLaws,
]

/**
 * Registers the laws of the delivery rules as tests of a message bus: one test for each law, named by its number and
 * its subject. It works with any test runner, and knows brokers only through the buses of a world.
 *
 *     conformance({ create: () => worldOf(new MemoryBroker()), test, features: { restart: false } })
 */
export function conformance(given: ConformanceOptions): void {
  const { create, features, test, skip, report } = resolveOptions('conformance', given, conformanceShapes)
  const demanded: Features = features
  const leaveOut = skip ?? ((name: string) => test(name, async () => {}))
  const reporter = new Reporter(report ?? printReport, demanded)
  for (const law of laws) {
    const absent = law.needs.filter((ability) => !demanded[ability])
    if (absent.length > 0) {
      reporter.leaveOut({ law: law.name, absent })
      leaveOut(`${law.name} (left out: ${absent.join(', ')})`)
    } else {
      test(
        law.name,
        reporter.judging(law.name, () => prove(law, create, demanded)),
      )
    }
  }
}

async function prove(law: Law, create: ConformanceOptions['create'], features: Features): Promise<void> {
  const stage = new Stage(await create(law.needs), features)
  try {
    await law.prove(stage)
  } catch (error) {
    // The law's own failure says more than what its traces then do to the clearing up.
    await stage.clear().catch(() => {})
    throw error
  }
  await stage.clear()
}
