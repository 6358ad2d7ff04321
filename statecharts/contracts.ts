/**
 * Machines as our types know them: what each remembers, and which events it takes. XState's own types are left out: with
 * `exactOptionalPropertyTypes` they do not compile unless `skipLibCheck` is on.
 */

/** The states that a machine is in: `'started'`, `{ draining: 'waiting' }`. */
export type StateValue = string | { readonly [state: string]: StateValue | undefined }

/** Any machine of XState: what `createMachine` and `setup({}).createMachine` return. */
export interface AnyMachine {
  readonly id: string
  readonly root: object
  resolveState(config: never): { readonly value: StateValue }
}

/** How far the actor of a machine has come, and what has come of it. */
type Progress<Output> =
  | { readonly status: 'active' | 'stopped'; readonly output: undefined; readonly error: undefined }
  | { readonly status: 'done'; readonly output: Output; readonly error: undefined }
  | { readonly status: 'error'; readonly output: undefined; readonly error: unknown }

/** Where a machine is. */
export type MachineSnapshot<Context, Output = unknown> = Progress<Output> & {
  readonly value: StateValue
  readonly context: Context
  /** Whether it is in this state: `matches('started')`, `matches({ draining: 'waiting' })`. */
  matches(state: StateValue): boolean
}

/** A machine of ours. XState runs it: `createActor(lifecycle)`. */
export interface Machine<Snapshot, Event> extends AnyMachine {
  /** The types of the events that it takes, those of its own steps and delays included. */
  readonly events: readonly string[]
  /** The same machine with other actors, actions, guards and delays, as XState takes them. */
  provide(implementations: object): Machine<Snapshot, Event>
  transition(snapshot: Snapshot, event: Event, scope: unknown): Snapshot
  getInitialSnapshot(scope: unknown, input?: unknown): Snapshot
  getPersistedSnapshot(snapshot: Snapshot, options?: unknown): Progress<unknown>
}

/** A machine that runs. It is an actor of XState; pass it to functions of XState with a cast to `AnyActorRef`. */
export interface MachineActor<Snapshot, Event> {
  readonly id: string
  readonly sessionId: string
  getSnapshot(): Snapshot
  send(event: Event): void
  /** Calls back with each snapshot from now on. */
  subscribe(next: (snapshot: Snapshot) => void): { unsubscribe(): void }
}

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
