import { setTimeout as sleep } from 'node:timers/promises'

/** A machine that is busy with other things takes its time; a test that hangs is ended by the runner in any case. */
const patience = 90_000

/** Resolves when the condition holds. Rejects, with `what` in its message, when it has not for a minute and a half. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string) = String(condition),
): Promise<void> {
  for (const end = performance.now() + patience; !(await condition()); await sleep(5)) {
    if (performance.now() > end)
      throw new Error(`never came true: ${typeof what === 'string' ? what : what()}`)
  }
}
