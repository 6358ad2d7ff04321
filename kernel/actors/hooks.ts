import type { Logger } from '../log/index.ts'
import type { MaybePromise } from '../promise.ts'

/** What a hook is given. The lifecycle adds `kernel`: the one that runs the service. */
export interface HookContext {
  /** The service's logger; its records name the hook too. */
  readonly log: Logger
}

/** Called as the service starts and stops. */
export interface Hooks {
  /** Runs before any adapter starts. A throw stops the service with exit code 1. */
  onStart?(context: HookContext): MaybePromise<void>
  /** Runs after every adapter has started. A throw stops the service with exit code 1. */
  onStarted?(context: HookContext): MaybePromise<void>
  /** Runs as soon as a stop is requested, while handlers are still running. */
  onStopping?(context: HookContext): MaybePromise<void>
  /** Runs after all work is done and every adapter is closed. */
  onStop?(context: HookContext): MaybePromise<void>
}
