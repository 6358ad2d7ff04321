import { setTimeout as sleep } from 'node:timers/promises'
import { backoffOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { awsError, isTransient } from './errors.ts'

const backoff = backoffOf({ first: 100, cap: 5_000 })

/** Repeats calls with backoff after errors that may pass, until `timeout`. Rejects with a `TomodachiError` about `subject`. */
export async function tried<T>(
  subject: string,
  calls: () => Promise<T>,
  timeout: number,
  signal: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + timeout
  for (let attempt = 1; ; attempt++) {
    try {
      return await calls()
    } catch (error) {
      const wait = backoff(attempt)
      if (!isTransient(error) || performance.now() + wait > deadline) throw awsError(error, subject)
      await sleep(wait, undefined, { signal }).catch(() => {})
      if (signal.aborted) throw new TomodachiError('STOPPED_WHILE_STARTING', {}, { cause: error })
    }
  }
}
