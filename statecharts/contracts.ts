import type { MachineActor, MachineSnapshot } from './chart/machine.ts'

/** What the lifecycle remembers while it runs. */
export interface LifecycleContext {
  /** Code asked for with `exit(code)`; undefined when nobody asked. */
  readonly requestedExitCode: number | undefined
  /** Every failure of a hook or an adapter, in the order in which they happened; of one too slow a `StepTimeout`. */
  readonly errors: readonly unknown[]
  /** Deliveries that were released, unfinished, because the drain deadline had passed. */
  readonly abandoned: number
}

/** A step that did not end in time, and was left behind. */
export interface StepTimeout {
  /** What did not end: `onStop`. */
  readonly timedOut: string
}

/**
 * `start` starts, `stop` drains and stops, `fail` reports an adapter that cannot go on, and `force` (a second
 * signal) goes to `stopped` at once, whatever is under way.
 */
export type LifecycleEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop'; readonly exitCode?: number }
  | { readonly type: 'fail'; readonly error: unknown }
  | { readonly type: 'force'; readonly exitCode: number }

/** What a connection remembers. */
export interface ConnectionContext {
  /** Attempts to connect that have failed in a row. */
  readonly failures: number
  /** Why it is not connected, while it is not. */
  readonly error: unknown
  /** Whether the broker takes no messages for the time being. */
  readonly blocked: boolean
  /** Whether the connection is gone that is being made. */
  readonly lost: boolean
}

/**
 * `lost`: the connection is gone. `blocked` and `unblocked`: the broker refuses, or takes, messages. `close`: nobody needs
 * it any more.
 */
export type ConnectionEvent =
  | { readonly type: 'lost'; readonly error: unknown }
  | { readonly type: 'blocked' }
  | { readonly type: 'unblocked' }
  | { readonly type: 'close' }

/** What the consumer of a queue remembers. */
export interface ConsumerContext {
  /** Attempts that have failed in a row. */
  readonly failures: number
  /** Why it gets no messages, while it does not. */
  readonly error: unknown
  /** Who runs it: the input of its steps, of which it makes nothing. */
  readonly runner: unknown
}

/**
 * `linked` and `unlinked`: there is a connection, or none. `off`: it gets no messages though there is one. `stop`: it is to
 * take no more.
 */
export type ConsumerEvent =
  | { readonly type: 'linked' }
  | { readonly type: 'unlinked' }
  | { readonly type: 'off'; readonly error: unknown }
  | { readonly type: 'stop' }

/** What is remembered of a worker from process to process. */
export interface WorkerContext {
  /** A process of it has started at least once. */
  readonly hasStarted: boolean
  /** Times that its process has died since it was last healthy. */
  readonly deaths: number
  /** Of the process that ended last. */
  readonly exitCode: number
  /** Milliseconds that its process may take to stop. */
  readonly patience: number
}

/**
 * `started` and `died` come from the process, `stop` has it finish its work and end, and `force` ends it at once,
 * whatever is under way.
 */
export type WorkerEvent =
  | { readonly type: 'started'; readonly patience: number }
  | { readonly type: 'died'; readonly exitCode: number }
  | { readonly type: 'stop' }
  | { readonly type: 'force' }

/** The statechart of a kernel, while it runs. Its output is the exit code. */
export type LifecycleActor = MachineActor<
  MachineSnapshot<LifecycleContext, { readonly exitCode: number }>,
  LifecycleEvent
>
