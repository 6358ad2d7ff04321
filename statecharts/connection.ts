import { assign, fromPromise, setup } from 'xstate'
import type { ConnectionContext, ConnectionEvent } from './contracts.ts'

const step = fromPromise<void>(async () => {})

/**
 * The connection to a broker: connecting → connected → closing → closed. It waits before each new attempt, and an
 * attempt that can never succeed leads through failing to failed.
 *
 * A pure machine: its user provides the steps as promises, decides which failures are hopeless, and sets the delays
 * in milliseconds.
 */
export const connection = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    output: {} as { readonly error: unknown },
  },
  actors: {
    connect: step,
    disconnect: step,
  },
  guards: {
    isHopeless: (_, __: { readonly error: unknown }) => false,
    isBlocked: ({ context }) => context.blocked,
    isOpen: ({ context }) => !context.blocked,
    isLost: ({ context }) => context.lost,
  },
  actions: {
    forget: assign({ blocked: false, lost: false }),
    resetFailures: assign({ failures: 0, error: undefined }),
    countFailure: assign({
      failures: ({ context }) => context.failures + 1,
      error: ({ context, event }) => ('error' in event ? event.error : context.error),
    }),
    keepError: assign({ error: ({ context, event }) => ('error' in event ? event.error : context.error) }),
    noteLost: assign({ lost: true }),
    noteBlocked: assign({ blocked: true }),
    noteUnblocked: assign({ blocked: false }),
  },
  delays: { backoff: 1_000 },
}).createMachine({
  id: 'connection',
  context: { failures: 0, error: undefined, blocked: false, lost: false },
  initial: 'connecting',
  on: {
    blocked: { actions: 'noteBlocked' },
    unblocked: { actions: 'noteUnblocked' },
  },
  output: ({ context }) => ({ error: context.error }),
  states: {
    connecting: {
      entry: 'forget',
      // A loss may be reported before the step has ended.
      on: { close: 'closing', lost: { actions: ['noteLost', 'keepError'] } },
      invoke: {
        src: 'connect',
        id: 'connect',
        onDone: [
          { guard: 'isLost', target: 'backingOff', actions: 'countFailure' },
          { target: 'connected', actions: 'resetFailures' },
        ],
        onError: [
          {
            guard: { type: 'isHopeless', params: ({ event }) => ({ error: event.error }) },
            target: 'failing',
            actions: 'keepError',
          },
          { target: 'backingOff', actions: 'countFailure' },
        ],
      },
    },
    backingOff: {
      on: { close: 'closing' },
      after: { backoff: 'connecting' },
    },
    connected: {
      initial: 'open',
      on: {
        lost: { target: 'backingOff', actions: 'keepError' },
        close: 'closing',
      },
      states: {
        open: { always: { guard: 'isBlocked', target: 'blocked' } },
        blocked: { always: { guard: 'isOpen', target: 'open' } },
      },
    },
    failing: {
      invoke: { src: 'disconnect', id: 'disconnectFailed', onDone: 'failed', onError: 'failed' },
    },
    closing: {
      invoke: { src: 'disconnect', id: 'disconnect', onDone: 'closed', onError: 'closed' },
    },
    failed: { type: 'final' },
    closed: { type: 'final' },
  },
})
