import { createActor, fromPromise, type Actor as Machine, waitFor } from 'xstate'
import { consumer } from '../../../statecharts/consumer.ts'
import type { ConsumerContext } from '../../../statecharts/contracts.ts'
import { systemClock } from '../../clock.ts'
import { TomodachiError } from '../../errors.ts'
import { backoffOf } from '../topics/delivery-rules.ts'

const pauses = { first: 250, cap: 5_000 }
const backoff = backoffOf(pauses)
const longestPause = backoffOf({ ...pauses, jitter: 0 })

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

/** How long a start waits for a queue. */
export interface AttachingPatience {
  /** On the clock of `performance.now()`. */
  readonly deadline: number
  /** Whether another attempt would end in the same error. */
  isHopeless(error: unknown): boolean
}

/** Resolves when it is attached. Rejects with the error of the last attempt; `failed` is told of those before. */
export async function attached(
  machine: Machine<typeof consumer>,
  { deadline, isHopeless }: AttachingPatience,
  failed: (error: unknown) => void,
): Promise<void> {
  for (;;) {
    const state = await waitFor(machine, (now) => !now.matches('attaching'))
    if (state.matches('attached')) return
    if (!state.matches('backingOff')) throw new TomodachiError('STOPPED_WHILE_STARTING', {})
    const { error, failures } = state.context
    if (isHopeless(error) || performance.now() + longestPause(failures) > deadline) throw error
    failed(error)
    await waitFor(machine, (now) => !now.matches('backingOff'))
  }
}
