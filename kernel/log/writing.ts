import { AsyncLocalStorage } from 'node:async_hooks'

const writing = new AsyncLocalStorage<true>()
let isWatched = false

/** From now on, `isWriting` has to know. */
export function watchWriting(): void {
  isWatched = true
}

/** Runs the action with a value, as part of writing a record. */
export function whileWriting<Value>(action: (value: Value) => void, value: Value): void {
  if (isWatched) writing.run(true, action, value)
  else action(value)
}

/**
 * Whether the running code was called by an output that writes a record, even after an `await` of its own. What
 * such code prints is not logged again.
 */
export function isWriting(): boolean {
  return writing.getStore() === true
}
