import { getLogger, type Kernel, run, type Service, TomodachiError } from '../index.ts'
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
  const kernel = await start(await servicesOf(files))
  void kernel.stopped.then(leave)
  if (!isProduction) return print(banner(kernel, process.stdout))
  getLogger('tomodachi.lifecycle').info('started', {
    services: kernel.services.map(({ name }) => name),
    endpoints: kernel.adapters().flatMap(({ endpoints = [] }) => endpoints),
    milliseconds: Math.round(performance.now() - started),
  })
}

async function start(services: readonly Service[]): Promise<Kernel> {
  try {
    return await run(...services)
  } catch (error) {
    if (error instanceof TomodachiError) throw error
    throw new TomodachiError('START_FAILED', { reason: reasonWithName(error) }, { cause: error })
  }
}
