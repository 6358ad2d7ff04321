import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

const manual = { requireManualDestroy: true }

/** The async context of the caller, to run something in later. Whoever creates one calls `emitDestroy` in the end. */
export function contextOfCaller(): AsyncResource {
  return new AsyncResource('tomodachi', manual)
}

/** The context in which this module was loaded: it belongs to no request and no message. */
const nowhere = contextOfCaller()

/**
 * Whether leaving a context undoes what was entered within it (`enterWith`), as since Node 24. Before, the resource
 * keeps it, so each resource may be used once only.
 */
export const contextsAreFrames: boolean = (() => {
  const probe = new AsyncLocalStorage<boolean>()
  nowhere.runInAsyncScope(() => probe.enterWith(true))
  const stays = nowhere.runInAsyncScope(() => probe.getStore()) === true
  probe.disable()
  return !stays
})()

/**
 * Runs a function outside of every async context. What outlives the call that creates it, such as a timer or a
 * shared connection, must not keep the `AsyncLocalStorage` of its first user for all others.
 */
export function outside<This, Args extends unknown[], Result>(
  run: (this: This, ...args: Args) => Result,
  self?: This,
  ...args: Args
): Result {
  if (contextsAreFrames) return nowhere.runInAsyncScope(run, self, ...args)
  return once(nowhere.runInAsyncScope(contextOfCaller), run, self, ...args)
}

/** Runs a function in a context for the last time. */
export function once<This, Args extends unknown[], Result>(
  context: AsyncResource,
  run: (this: This, ...args: Args) => Result,
  self?: This,
  ...args: Args
): Result {
  try {
    return context.runInAsyncScope(run, self, ...args)
  } finally {
    context.emitDestroy()
  }
}
