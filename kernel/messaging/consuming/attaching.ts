import { createActor, fromPromise, type Actor as Machine } from 'xstate'
import { type ConsumerContext, consumer } from '../../../statecharts/consumer.ts'
import { systemClock } from '../../clock.ts'
import { backoffOf } from '../topics/delivery-rules.ts'

const backoff = backoffOf({ first: 250, cap: 5_000 })

/** What the machine asks of whoever runs it. */
export interface Runner {
  readonly inspectionInterval: number
  readonly canBeInspected: boolean
  attach(): Promise<void>
  inspect(): Promise<void>
}

const runnerIn = ({ context }: { readonly context: ConsumerContext }) => context.runner as Runner

/** Provided once: a machine of its own for each of thousands of queues would take its time. */
const provided = consumer.provide({
  actors: {
    attach: fromPromise(({ input }) => (input as Runner).attach()),
    inspect: fromPromise(({ input }) => (input as Runner).inspect()),
  },
  guards: { canInspect: (given) => runnerIn(given).canBeInspected },
  delays: {
    backoff: ({ context }) => backoff(context.failures),
    inspectionInterval: (given) => runnerIn(given).inspectionInterval,
  },
})

/** Runs the consumer statechart. */
export function attaching(runner: Runner): Machine<typeof consumer> {
  return createActor(provided, { input: runner, clock: systemClock as never }).start()
}
