import { assign, fromPromise, setup } from 'xstate'
import type { LifecycleContext, LifecycleEvent, StepTimeout } from './contracts.ts'

const step = fromPromise<void>(async () => {})

/**
 * The service lifecycle: idle → starting → started → stopping → draining → stopped. With a delay there is leaving before
 * stopping: everything goes on, while whoever sends work looks away.
 *
 * A pure machine: the kernel provides each step as a promise, and the deadlines as delays in milliseconds.
 * `draining` waits until every actor is idle, or gives back what is left at the drain deadline. Then it closes the
 * adapters and runs the onStop hooks. The output is the exit code.
 */
export const lifecycle = setup({
  types: {
    context: {} as LifecycleContext,
    events: {} as LifecycleEvent,
    output: {} as { readonly exitCode: number },
  },
  actors: {
    runStartHooks: step,
    startAdapters: step,
    runStartedHooks: step,
    announceStop: step,
    pauseAdapters: step,
    waitUntilIdle: step,
    releaseWork: fromPromise<number>(async () => 0),
    closeAdapters: step,
    runStopHooks: step,
  },
  guards: { isDelayed: () => false },
  actions: {
    requestExit: assign({
      requestedExitCode: ({ context, event }) =>
        event.type === 'stop' || event.type === 'force'
          ? (event.exitCode ?? context.requestedExitCode)
          : undefined,
    }),
    keepError: assign({
      errors: ({ context, event }) => ('error' in event ? [...context.errors, event.error] : context.errors),
    }),
    keepTimeout: assign({
      errors: ({ context }, timeout: StepTimeout) => [...context.errors, timeout],
    }),
  },
  delays: { stopDelay: 0, drainDeadline: 25_000, closeDeadline: 3_000, finishDeadline: 1_000 },
}).createMachine({
  id: 'lifecycle',
  context: { requestedExitCode: undefined, errors: [], abandoned: 0 },
  initial: 'idle',
  on: { force: { target: '.stopped', actions: 'requestExit' } },
  output: ({ context }) => ({ exitCode: exitCodeOf(context) }),
  states: {
    idle: {
      on: { start: 'starting', stop: { target: 'stopped', actions: 'requestExit' } },
    },
    starting: {
      initial: 'preparing',
      on: {
        stop: { target: 'stopping', actions: 'requestExit' },
        fail: { target: 'stopping', actions: 'keepError' },
      },
      states: {
        preparing: {
          invoke: {
            src: 'runStartHooks',
            id: 'runStartHooks',
            onDone: 'connecting',
            onError: { target: '#lifecycle.stopping', actions: 'keepError' },
          },
        },
        connecting: {
          invoke: {
            src: 'startAdapters',
            id: 'startAdapters',
            onDone: 'announcing',
            onError: { target: '#lifecycle.stopping', actions: 'keepError' },
          },
        },
        announcing: {
          invoke: {
            src: 'runStartedHooks',
            id: 'runStartedHooks',
            onDone: '#lifecycle.started',
            onError: { target: '#lifecycle.stopping', actions: 'keepError' },
          },
        },
      },
    },
    started: {
      on: {
        stop: [
          { guard: 'isDelayed', target: 'leaving', actions: 'requestExit' },
          { target: 'stopping', actions: 'requestExit' },
        ],
        fail: { target: 'stopping', actions: 'keepError' },
      },
    },
    leaving: {
      // Not an action, which would run while the state is still the one before.
      invoke: { src: 'announceStop', id: 'announceStop' },
      on: { stop: { actions: 'requestExit' }, fail: { actions: 'keepError' } },
      after: { stopDelay: 'stopping' },
    },
    stopping: {
      on: { stop: { actions: 'requestExit' }, fail: { actions: 'keepError' } },
      invoke: {
        src: 'pauseAdapters',
        id: 'pauseAdapters',
        onDone: 'draining',
        onError: { target: 'draining', actions: 'keepError' },
      },
      after: {
        drainDeadline: {
          target: 'draining',
          actions: { type: 'keepTimeout', params: { timedOut: 'onStopping or pause' } },
        },
      },
    },
    draining: {
      initial: 'waiting',
      on: { stop: { actions: 'requestExit' }, fail: { actions: 'keepError' } },
      states: {
        waiting: {
          invoke: {
            src: 'waitUntilIdle',
            id: 'waitUntilIdle',
            onDone: 'closing',
            onError: { target: 'closing', actions: 'keepError' },
          },
          after: { drainDeadline: 'releasing' },
        },
        releasing: {
          invoke: {
            src: 'releaseWork',
            id: 'releaseWork',
            onDone: { target: 'closing', actions: assign({ abandoned: ({ event }) => event.output }) },
            onError: { target: 'closing', actions: 'keepError' },
          },
        },
        closing: {
          invoke: {
            src: 'closeAdapters',
            id: 'closeAdapters',
            onDone: 'finishing',
            onError: { target: 'finishing', actions: 'keepError' },
          },
          after: {
            closeDeadline: {
              target: 'finishing',
              actions: { type: 'keepTimeout', params: { timedOut: 'close' } },
            },
          },
        },
        finishing: {
          invoke: {
            src: 'runStopHooks',
            id: 'runStopHooks',
            onDone: '#lifecycle.stopped',
            onError: { target: '#lifecycle.stopped', actions: 'keepError' },
          },
          after: {
            finishDeadline: {
              target: '#lifecycle.stopped',
              actions: { type: 'keepTimeout', params: { timedOut: 'onStop' } },
            },
          },
        },
      },
    },
    stopped: { type: 'final' },
  },
})

/** The exit code that was asked for; otherwise 1 if something failed or work was abandoned, and 0 if not. */
function exitCodeOf({ requestedExitCode = 0, errors, abandoned }: LifecycleContext): number {
  if (requestedExitCode !== 0) return requestedExitCode
  return errors.length > 0 || abandoned > 0 ? 1 : 0
}
