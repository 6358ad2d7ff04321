import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

const manual = { requireManualDestroy: true }

/** The async context of whoever calls, to run something in later. Whoever makes one calls `emitDestroy` in the end. */
export function contextOfCaller(): AsyncResource {
  return new AsyncResource('tomodachi', manual)
}

/** The context in which this module was loaded: that of no request, and of no message. */
const nowhere = contextOfCaller()

/**
 * Whether to leave a context undoes what was entered within it (`enterWith`), as since Node 24. Before, that stays with
 * the resource, so that none may be used for two things.
 */
export const contextsAreFrames: boolean = (() => {
  const probe = new AsyncLocalStorage<boolean>()
  nowhere.runInAsyncScope(() => probe.enterWith(true))
  const stays = nowhere.runInAsyncScope(() => probe.getStore()) === true
  probe.disable()
  return !stays
})()

/**
 * Runs a function outside of every async context: what lasts longer than the call that makes it, such as a timer or a
 * connection that many share, must not keep the `AsyncLocalStorage` of its first user for all others.
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
