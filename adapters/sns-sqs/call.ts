import { setTimeout as sleep } from 'node:timers/promises'
import { backoffOf } from '../../kernel/adapter-kit.ts'
import { isTransient } from './errors.ts'

/** Waits between tries of a call, in milliseconds. */
export const callBackoff = backoffOf({ first: 100, cap: 5_000 })

/** How long a call may be tried, and what ends that early. */
export interface Patience {
  /** In milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/**
 * Makes a call until it goes well, with backoff. Rejects with its last error when that is none that passes, when
 * patience has ended, or with the reason of the signal.
 */
export async function patiently<T>(call: () => Promise<T>, { timeout, signal }: Patience): Promise<T> {
  const deadline = performance.now() + timeout
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      const wait = callBackoff(attempt)
      if (signal.aborted || !isTransient(error) || performance.now() + wait > deadline) throw error
      await sleep(wait, undefined, { signal })
    }
  }
}
