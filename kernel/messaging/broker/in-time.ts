import { outside } from '../../async-context.ts'
import { spawn } from '../../log/spawn.ts'

/**
 * Settles as `work` does, or rejects with the result of `error` if that takes longer than `milliseconds`. The deadline
 * holds whatever a library does. A result that arrives later is given to `late`, to be closed. The timer keeps the
 * process alive unless `keepsAlive` is false.
 */
export function inTime<Result>(
  work: Promise<Result>,
  milliseconds: number,
  error: () => unknown,
  late: (result: Result) => Promise<void> = async () => {},
  keepsAlive = true,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const timer = outside(() =>
      setTimeout(() => {
        isOver = true
        reject(error())
      }, milliseconds),
    )
    if (!keepsAlive) timer.unref()
    work.then(
      (result) => {
        clearTimeout(timer)
        if (isOver) spawn('closing what came late', () => late(result))
        else resolve(result)
      },
      (failure: unknown) => {
        clearTimeout(timer)
        reject(failure)
      },
    )
  })
}
