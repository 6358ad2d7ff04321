import type { Service } from '../actors/service.ts'
import { announceStart, summaryOf } from './announcement.ts'
import { Kernel } from './kernel.ts'

/** Runs services until they are stopped by a signal, by `exit()` or by `kernel.stop()`. Resolves when they have started. */
export async function run(...services: readonly Service<unknown>[]): Promise<Kernel> {
  const begun = performance.now()
  const kernel = await new Kernel(services).start()
  announceStart(summaryOf(kernel), performance.now() - begun)
  return kernel
}
