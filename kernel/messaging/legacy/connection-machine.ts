import { assign, fromPromise, setup } from 'xstate'

/** What a connection remembers. */
export interface ConnectionContext {
  /** Attempts to connect that have failed in a row. */
  readonly failures: number
  /** Why it is not connected, while it is not. */
  readonly error: unknown
  /** Whether the broker takes no messages for the time being. */
  readonly blocked: boolean
  /** Whether a consumer has come off since consumers were last attached. */
  readonly detached: boolean
}

/**
 * `lost`: the connection is gone. `detached`: it is there, but a consumer is not. `blocked` and `unblocked`: the broker
 * refuses, or takes, messages. `close`: nobody needs it any more.
 */
export type ConnectionEvent =
  | { readonly type: 'lost'; readonly error: unknown }
  | { readonly type: 'detached' }
  | { readonly type: 'blocked' }
  | { readonly type: 'unblocked' }
  | { readonly type: 'close' }

const step = fromPromise<void>(async () => {})

/**
 * The connection of a consumer to its broker: connecting → connected → closing → closed, with a wait before every new
 * attempt, and failing → failed for one that will never succeed.
 *
 * A pure machine: whoever runs it provides the steps as promises, says which failures are hopeless, and how long the
 * delays are in milliseconds. While connected it looks, now and then, whether every consumer still gets its messages,
 * and attaches consumers that have come off.
 */
export const connection = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    output: {} as { readonly error: unknown },
  },
  actors: {
    connect: step,
    attachConsumers: step,
    inspectConsumers: step,
    disconnect: step,
  },
  guards: {
    isHopeless: (_, __: { readonly error: unknown }) => false,
    isDetached: ({ context }) => context.detached,
    isBlocked: ({ context }) => context.blocked,
    isOpen: ({ context }) => !context.blocked,
  },
  actions: {
    forget: assign({ blocked: false, detached: false }),
    resetFailures: assign({ failures: 0, error: undefined }),
    countFailure: assign({
      failures: ({ context }) => context.failures + 1,
      error: ({ context, event }) => ('error' in event ? event.error : context.error),
    }),
    keepError: assign({ error: ({ context, event }) => ('error' in event ? event.error : context.error) }),
    noteDetached: assign({ detached: true }),
    noteAttaching: assign({ detached: false }),
    noteBlocked: assign({ blocked: true }),
    noteUnblocked: assign({ blocked: false }),
  },
  delays: { backoff: 1_000, inspectionInterval: 30_000 },
}).createMachine({
  id: 'connection',
  context: { failures: 0, error: undefined, blocked: false, detached: false },
  initial: 'connecting',
  on: {
    detached: { actions: 'noteDetached' },
    blocked: { actions: 'noteBlocked' },
    unblocked: { actions: 'noteUnblocked' },
  },
  output: ({ context }) => ({ error: context.error }),
  states: {
    connecting: {
      entry: 'forget',
      on: { close: 'closing' },
      invoke: {
        src: 'connect',
        id: 'connect',
        onDone: { target: 'connected', actions: 'resetFailures' },
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
      initial: 'consuming',
      on: {
        lost: { target: 'backingOff', actions: 'keepError' },
        close: 'closing',
      },
      states: {
        consuming: {
          always: [
            { guard: 'isDetached', target: 'detached' },
            { guard: 'isBlocked', target: 'blocked' },
          ],
          after: { inspectionInterval: 'inspecting' },
        },
        blocked: {
          always: [
            { guard: 'isDetached', target: 'detached' },
            { guard: 'isOpen', target: 'consuming' },
          ],
        },
        inspecting: {
          invoke: {
            src: 'inspectConsumers',
            id: 'inspectConsumers',
            onDone: 'consuming',
            onError: { target: 'detached', actions: 'keepError' },
          },
        },
        detached: {
          after: { backoff: 'attaching' },
        },
        attaching: {
          entry: 'noteAttaching',
          invoke: {
            src: 'attachConsumers',
            id: 'attachConsumers',
            onDone: { target: 'consuming', actions: 'resetFailures' },
            onError: { target: 'detached', actions: 'countFailure' },
          },
        },
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
