import { isA } from '../../adapter-kit.ts'
import { Kernel, type Service, TomodachiError } from '../../index.ts'
import { announceStart, summaryOf } from '../../lifecycle/announcement.ts'
import { type StopSignal, stopSignals } from '../../lifecycle/process/signals.ts'
import type { Arguments } from '../arguments/arguments.ts'
import { servicesOf } from '../loading/services.ts'
import { reasonWithName } from '../program/failure.ts'
import { leave, print } from '../program/output.ts'
import { banner } from './banner.ts'

/**
 * Runs the services of the files. Resolves when they have started; from then on the kernel ends the process. Throws
 * what `servicesOf` and the kernel throw, and START_FAILED for an error of the user's.
 */
export async function runFiles(files: Arguments['files'], isProduction: boolean): Promise<void> {
  const started = performance.now()
  const kernel = await startKernel(new Kernel(await loadedServices(files)))
  void kernel.stopped.then(leave)
  if (!isProduction) return print(banner(kernel, process.stdout))
  announceStart(summaryOf(kernel), performance.now() - started)
}

/**
 * Loads the services of the files. A signal meanwhile ends the process with 0, because nothing has started yet.
 * Without a listener it would end with another code or, as the first process of a container, not at all.
 */
export async function loadedServices(
  files: Arguments['files'],
  signals: readonly StopSignal[] = stopSignals,
): Promise<Service[]> {
  const end = () => process.exit(0)
  for (const signal of signals) process.once(signal, end)
  try {
    return await servicesOf(files)
  } finally {
    for (const signal of signals) process.off(signal, end)
  }
}

/** Resolves when it has started. Throws what the kernel throws, and START_FAILED for an error of the user's. */
export async function startKernel(kernel: Kernel): Promise<Kernel> {
  try {
    return await kernel.start()
  } catch (error) {
    if (isA(error, TomodachiError)) throw error
    throw new TomodachiError('START_FAILED', { reason: reasonWithName(error) }, { cause: error })
  }
}
