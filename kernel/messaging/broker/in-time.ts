import { outside } from '../../async-context.ts'
import { spawn } from '../../log/spawn.ts'

/**
 * Settles as `work` does, or rejects with what `error` makes when that takes longer than so many milliseconds. A deadline
 * that holds whatever a library does: `late` is given what comes after it, to be closed. It keeps the process alive, unless
 * `keepsAlive` is false.
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
