import { Kernel, type ManualClock, manualClock, type Service } from 'tomodachi'
import { turn } from './fake-adapter.ts'
import { failureOf } from './started.ts'

/** Stops a kernel that runs by this clock, and lets all its deadlines pass: it waits for nothing that goes on. */
export async function stoppedAtDeadlines(kernel: Kernel, clock: ManualClock): Promise<void> {
  const stopped = kernel.stop()
  for (let second = 0; second < 40 && kernel.state !== 'stopped'; second++) {
    await clock.advance(1_000)
    await turn()
  }
  await stopped
}

/**
 * A kernel that was stopped, after all its deadlines, while an adapter still started. `begun` resolves when the start is
 * as far as it is to come.
 */
export async function leftBehind(
  service: Service<unknown>,
  begun: () => Promise<unknown> = turn,
): Promise<Kernel> {
  const clock = manualClock()
  const kernel = new Kernel([service], { ownsProcess: false, clock })
  const start = failureOf(kernel.start())
  await begun()
  await stoppedAtDeadlines(kernel, clock)
  await start
  return kernel
}
