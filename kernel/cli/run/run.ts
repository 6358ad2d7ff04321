import { isA } from '../../adapter-kit.ts'
import { type Adapter, Kernel, type Service, TomodachiError } from '../../index.ts'
import { announceStart, summaryOf } from '../../lifecycle/announcement.ts'
import { type StopSignal, stopSignals } from '../../lifecycle/process/signals.ts'
import type { Arguments } from '../arguments/arguments.ts'
import { servicesOf } from '../loading/services.ts'
import { reasonWithName } from '../program/failure.ts'
import { leave, print } from '../program/output.ts'
import { banner } from './banner.ts'

/** How services are run. */
export interface RunOptions {
  readonly isProduction: boolean
  /** Whether OpenTelemetry's SDK is started before the files are loaded. */
  readonly isInstrumented: boolean
}

/** What was loaded: services, and the adapters that they need beside their own. */
export interface Loaded {
  readonly services: readonly Service[]
  readonly adapters: readonly Adapter[]
}

/**
 * Runs the services of the files. Resolves when they have started; from then on the kernel ends the process. Throws
 * what `loaded` and the kernel throw, and START_FAILED for an error of the user's.
 */
export async function runFiles(
  files: Arguments['files'],
  { isProduction, isInstrumented }: RunOptions,
): Promise<void> {
  const started = performance.now()
  const { services, adapters } = await loaded(files, isInstrumented)
  const kernel = await startKernel(new Kernel(services, { adapters }))
  void kernel.stopped.then(leave)
  if (!isProduction) return print(banner(kernel, process.stdout))
  announceStart(summaryOf(kernel), performance.now() - started)
}

/**
 * Loads the services of the files, after OpenTelemetry's SDK has started if it is wanted. A signal meanwhile ends the
 * process with 0, because nothing has started yet. Without a listener it would end with another code or, as the first
 * process of a container, not at all. Throws what `servicesOf` throws, and SDK_UNSUPPORTED.
 */
export async function loaded(
  files: Arguments['files'],
  isInstrumented: boolean,
  signals: readonly StopSignal[] = stopSignals,
): Promise<Loaded> {
  const end = () => process.exit(0)
  for (const signal of signals) process.once(signal, end)
  try {
    const adaptersFor = isInstrumented
      ? await (await import('./instrumented.ts')).startInstrumenting(files)
      : undefined
    const services = await servicesOf(files)
    return { services, adapters: (await adaptersFor?.(services)) ?? [] }
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
