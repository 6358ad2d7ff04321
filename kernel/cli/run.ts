import { getLogger, Kernel, TomodachiError } from '../index.ts'
import type { Arguments } from './arguments.ts'
import { banner } from './banner.ts'
import { reasonWithName } from './failure.ts'
import { leave, print } from './output.ts'
import { servicesOf } from './services.ts'

/**
 * Runs the services of the files. Resolves when they have started; from then on the kernel ends the process. Throws
 * what `servicesOf` and the kernel throw, and START_FAILED for an error of the user's.
 */
export async function runFiles(files: Arguments['files'], isProduction: boolean): Promise<void> {
  const started = performance.now()
  const kernel = await startKernel(new Kernel(await servicesOf(files)))
  void kernel.stopped.then(leave)
  if (!isProduction) return print(banner(kernel, process.stdout))
  getLogger('tomodachi.lifecycle').info('started', {
    ...summaryOf(kernel),
    milliseconds: Math.round(performance.now() - started),
  })
}

/** What runs, for logs. */
export interface Summary {
  readonly services: readonly string[]
  readonly endpoints: readonly string[]
}

export function summaryOf(kernel: Kernel): Summary {
  return {
    services: kernel.services.map(({ name }) => name),
    endpoints: kernel.adapters().flatMap(({ endpoints = [] }) => endpoints),
  }
}

/** Resolves when it has started. Throws what the kernel throws, and START_FAILED for an error of the user's. */
export async function startKernel(kernel: Kernel): Promise<Kernel> {
  try {
    return await kernel.start()
  } catch (error) {
    if (error instanceof TomodachiError) throw error
    throw new TomodachiError('START_FAILED', { reason: reasonWithName(error) }, { cause: error })
  }
}
