import { assign, fromPromise, setup } from 'xstate'
import type { ConsumerContext, ConsumerEvent } from './contracts.ts'

const step = fromPromise<void, unknown>(async () => {})

/**
 * The consumer of one queue. It is attached while there is a connection, and attaches again after a wait when it
 * comes off. It fails and recovers independently of other consumers.
 *
 * A pure machine: its user provides the steps as promises and the delays in milliseconds.
 */
export const consumer = setup({
  types: { context: {} as ConsumerContext, events: {} as ConsumerEvent, input: {} as unknown },
  actors: { attach: step, inspect: step },
  guards: { canInspect: () => true },
  actions: {
    resetFailures: assign({ failures: 0, error: undefined }),
    countFailure: assign({
      failures: ({ context }) => context.failures + 1,
      error: ({ context, event }) => ('error' in event ? event.error : context.error),
    }),
  },
  delays: { backoff: 1_000, inspectionInterval: 30_000 },
}).createMachine({
  id: 'consumer',
  context: ({ input }) => ({ failures: 0, error: undefined, runner: input }),
  initial: 'unlinked',
  on: { stop: '.stopped', unlinked: '.unlinked' },
  states: {
    unlinked: { on: { linked: 'attaching' } },
    attaching: {
      on: { off: { target: 'backingOff', actions: 'countFailure' } },
      invoke: {
        src: 'attach',
        id: 'attach',
        input: ({ context }: { readonly context: ConsumerContext }) => context.runner,
        onDone: { target: 'attached', actions: 'resetFailures' },
        onError: { target: 'backingOff', actions: 'countFailure' },
      },
    },
    attached: {
      on: { off: { target: 'backingOff', actions: 'countFailure' } },
      initial: 'unwatched',
      states: {
        unwatched: { always: { guard: 'canInspect', target: 'watched' } },
        watched: { after: { inspectionInterval: '#consumer.inspecting' } },
      },
    },
    inspecting: {
      on: { off: { target: 'backingOff', actions: 'countFailure' } },
      invoke: {
        src: 'inspect',
        id: 'inspect',
        input: ({ context }: { readonly context: ConsumerContext }) => context.runner,
        onDone: 'attached',
        onError: { target: 'backingOff', actions: 'countFailure' },
      },
    },
    backingOff: { after: { backoff: 'attaching' } },
    stopped: { type: 'final' },
  },
})
