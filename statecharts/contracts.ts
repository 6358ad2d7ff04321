import type { MachineActor, MachineSnapshot } from './chart/machine.ts'

/** What the lifecycle remembers while it runs. */
export interface LifecycleContext {
  /** The code that was asked for with `exit(code)`; undefined if none was. */
  readonly requestedExitCode: number | undefined
  /**
   * Every failure of a hook or an adapter, in the order in which they happened. A step that took too long is a
   * `StepTimeout`.
   */
  readonly errors: readonly unknown[]
  /** How many deliveries were released unfinished because the drain deadline had passed. */
  readonly abandoned: number
}

/** A step that did not end in time, so that the lifecycle went on without it. */
export interface StepTimeout {
  /** The step that did not end, such as `onStop`. */
  readonly timedOut: string
}

/**
 * `start` starts, `stop` drains and stops, and `fail` reports an adapter that cannot go on. `force` (a second
 * signal) goes to `stopped` at once, whatever is still running.
 */
export type LifecycleEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop'; readonly exitCode?: number }
  | { readonly type: 'fail'; readonly error: unknown }
  | { readonly type: 'force'; readonly exitCode: number }

/** What a connection remembers. */
export interface ConnectionContext {
  /** How many attempts to connect have failed in a row. */
  readonly failures: number
  /** Why it is not connected; undefined while it is. */
  readonly error: unknown
  /** Whether the broker has blocked publishing. */
  readonly blocked: boolean
  /** Whether the connection was lost while it was being made. */
  readonly lost: boolean
}

/**
 * `lost`: the connection is gone. `blocked` and `unblocked`: the broker has blocked publishing, or allows it again.
 * `close`: the connection is no longer needed.
 */
export type ConnectionEvent =
  | { readonly type: 'lost'; readonly error: unknown }
  | { readonly type: 'blocked' }
  | { readonly type: 'unblocked' }
  | { readonly type: 'close' }

/** What the consumer of a queue remembers. */
export interface ConsumerContext {
  /** How many attempts have failed in a row. */
  readonly failures: number
  /** Why it gets no messages; undefined while it gets them. */
  readonly error: unknown
  /** The input of its steps: whatever runs it. The machine itself does not use it. */
  readonly runner: unknown
}

/**
 * `linked` and `unlinked`: the connection is there, or gone. `off`: the consumer gets no messages although the
 * connection is there. `stop`: it takes no more messages.
 */
export type ConsumerEvent =
  | { readonly type: 'linked' }
  | { readonly type: 'unlinked' }
  | { readonly type: 'off'; readonly error: unknown }
  | { readonly type: 'stop' }

/** What a worker remembers from process to process. */
export interface WorkerContext {
  /** Whether one of its processes has started. */
  readonly hasStarted: boolean
  /** How often its process has died since it was last healthy. */
  readonly deaths: number
  /** The exit code of the last process that ended. */
  readonly exitCode: number
  /** How many milliseconds its process may take to stop. */
  readonly patience: number
}

/**
 * `started` and `died` come from the process. `stop` lets it finish its work and end, and `force` ends it at once,
 * whatever it is doing.
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
