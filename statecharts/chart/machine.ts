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

/** How far the actor of a machine has come, and its outcome. */
type Progress<Output> =
  | { readonly status: 'active' | 'stopped'; readonly output: undefined; readonly error: undefined }
  | { readonly status: 'done'; readonly output: Output; readonly error: undefined }
  | { readonly status: 'error'; readonly output: undefined; readonly error: unknown }

/** The state that the machine is in. */
export type MachineSnapshot<Context, Output = unknown> = Progress<Output> & {
  readonly value: StateValue
  readonly context: Context
  /** Whether the machine is in this state: `matches('started')`, `matches({ draining: 'waiting' })`. */
  matches(state: StateValue): boolean
}

/** A machine of ours. XState runs it: `createActor(lifecycle)`. */
export interface Machine<Snapshot, Event> extends AnyMachine {
  /** The types of the events that it takes, including those of its own steps and delays. */
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
