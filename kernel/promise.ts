/** A value or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/**
 * Whether a handler's return value has to be awaited. As for `await`, every thenable counts, even one whose `then`
 * cannot be read: following that one fails. Never throws.
 */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  try {
    return typeof (value as { then?: unknown }).then === 'function'
  } catch {
    return true
  }
}

const { then } = Promise.prototype

/**
 * Waits for a promise of foreign code, as `await` does: exactly one of the functions is called, once and never
 * synchronously, whatever a thenable does. Never throws.
 */
export function follow<T, Result>(
  value: PromiseLike<T>,
  fulfilled: (value: T) => Result | PromiseLike<Result>,
  rejected?: (error: unknown) => Result | PromiseLike<Result>,
): Promise<Result> {
  try {
    if (value.constructor === Promise)
      return then.call(value, fulfilled as never, rejected) as Promise<Result>
  } catch {
    // It only looks like a promise.
  }
  return new Promise<T>((resolve) => resolve(value)).then(fulfilled, rejected)
}

const ignore = (): void => {}

/** Leaves a promise that nobody awaits to itself. `failed` is called if it rejects, which must not end the process. */
export function letGo(value: PromiseLike<unknown>, failed: (error: unknown) => void = ignore): void {
  follow(value, ignore, failed)
}
