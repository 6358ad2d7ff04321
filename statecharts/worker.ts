import { assign, fromCallback, sendTo, setup } from 'xstate'
import type { WorkerContext, WorkerEvent } from './contracts.ts'

const firstDelay = 100
const longestDelay = 30_000

/** Exit code of a process that SIGKILL ended, as shells report it. */
const killed = 137

/**
 * A worker: a series of processes that do the same work. A process that dies is replaced after 100 ms. Each further
 * death doubles the delay, up to 30 s, until a process has run for 10 s. If the very first process does not start,
 * the worker has failed and is not tried again.
 *
 * A pure machine: the process is an actor that the supervisor provides. It reports `started` and `died`, and takes
 * `stop`. It is killed when the machine leaves it while it runs: on `force`, and when its patience has run out. The
 * output is the exit code of the last process.
 */
export const worker = setup({
  types: {
    context: {} as WorkerContext,
    events: {} as WorkerEvent,
    output: {} as { readonly exitCode: number },
  },
  actors: { process: fromCallback<{ readonly type: 'stop' }>(() => {}) },
  actions: {
    sayBackoff: () => {},
    keepStart: assign({
      hasStarted: true,
      patience: ({ context, event }) => ('patience' in event ? event.patience : context.patience),
    }),
    keepDeath: assign({
      deaths: ({ context }) => context.deaths + 1,
      exitCode: ({ context, event }) => ('exitCode' in event ? event.exitCode : context.exitCode),
    }),
    keepKill: assign({ exitCode: killed }),
    forgetDeaths: assign({ deaths: 0 }),
  },
  guards: { hasStarted: ({ context }) => context.hasStarted },
  delays: {
    backoff: ({ context }) => restartDelay(context.deaths),
    healthy: 10_000,
    patience: ({ context }) => context.patience,
  },
}).createMachine({
  id: 'worker',
  context: { hasStarted: false, deaths: 0, exitCode: 0, patience: 60_000 },
  initial: 'alive',
  on: { force: '.stopped' },
  output: ({ context }) => ({ exitCode: context.exitCode }),
  states: {
    alive: {
      initial: 'starting',
      invoke: { src: 'process', id: 'process' },
      states: {
        starting: {
          on: {
            started: { target: 'running', actions: 'keepStart' },
            stop: 'stopping',
            died: [
              { guard: 'hasStarted', target: '#worker.backingOff', actions: 'keepDeath' },
              { target: '#worker.stopped', actions: 'keepDeath' },
            ],
          },
        },
        running: {
          on: { stop: 'stopping', died: { target: '#worker.backingOff', actions: 'keepDeath' } },
          after: { healthy: { actions: 'forgetDeaths' } },
        },
        stopping: {
          entry: sendTo('process', { type: 'stop' }),
          on: { died: { target: '#worker.stopped', actions: 'keepDeath' } },
          after: { patience: { target: '#worker.stopped', actions: 'keepKill' } },
        },
      },
    },
    backingOff: {
      entry: 'sayBackoff',
      on: { stop: 'stopped' },
      after: { backoff: 'alive' },
    },
    stopped: { type: 'final' },
  },
})

/** Milliseconds until a worker that has died this many times gets another process. */
export function restartDelay(deaths: number): number {
  return Math.min(longestDelay, firstDelay * 2 ** (deaths - 1))
}
