import { outside } from '../../async-context.ts'
import { spawn } from '../../log/spawn.ts'

/** How `inTime` waits. */
export interface InTimeOptions<Result> {
  /** Closes a result that arrives too late. Default: nothing is done with it. */
  readonly late?: (result: Result) => Promise<void>
  /** Whether the timer keeps the process alive. Default true. */
  readonly keepsAlive?: boolean
  /** When the work last made progress, on the clock of `performance.now()`. The time counts from then. Default: the call. */
  readonly progressedAt?: () => number
}

/**
 * Settles as `work` does, or rejects with the result of `error` if that takes longer than `milliseconds`. The deadline
 * holds whatever a library does.
 */
export function inTime<Result>(
  work: Promise<Result>,
  milliseconds: number,
  error: () => unknown,
  { late, keepsAlive = true, progressedAt }: InTimeOptions<Result> = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let isOver = false
    let timer: NodeJS.Timeout | undefined
    const wait = (left: number) => {
      timer = outside(() => setTimeout(expire, left))
      if (!keepsAlive) timer.unref()
    }
    const expire = () => {
      const left = progressedAt ? progressedAt() + milliseconds - performance.now() : 0
      if (left > 0) return wait(left)
      isOver = true
      reject(error())
    }
    wait(milliseconds)
    work.then(
      (result) => {
        clearTimeout(timer)
        if (!isOver) resolve(result)
        else if (late) spawn('closing what came late', () => late(result))
      },
      (failure: unknown) => {
        clearTimeout(timer)
        reject(failure)
      },
    )
  })
}
