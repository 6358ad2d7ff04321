import { getLogger } from '../log/index.ts'
import { spanText } from '../span.ts'
import type { RunningKernel } from './process/process-registry.ts'

/** What runs, for the log. */
export interface Summary {
  readonly services: readonly string[]
  /** Where it can be reached. */
  readonly endpoints: readonly string[]
  /** How many processes share the work, where there are several. */
  readonly workers?: number
}

const log = getLogger('tomodachi.lifecycle')

export function summaryOf(kernel: Pick<RunningKernel, 'services' | 'adapters'>): Summary {
  return {
    services: kernel.services.map(({ name }) => name),
    endpoints: kernel.adapters().flatMap(({ endpoints = [] }) => endpoints),
  }
}

/** Logs that everything has started, and how many milliseconds that took. */
export function announceStart(summary: Summary, milliseconds: number): void {
  log.info('started', { ...summary, milliseconds: Math.round(milliseconds) })
}

/** How a run has ended. Times are in milliseconds. */
export interface Ending {
  /** From the start to the end. */
  readonly ran: number
  /** From the request to stop to the end; undefined if nothing was drained. */
  readonly drained: number | undefined
  readonly exitCode: number
}

/**
 * Logs in one line that everything has stopped. The level is debug where somebody else announces the stop, such as the
 * supervisor of a worker.
 */
export function announceStop(
  { services, workers }: Pick<Summary, 'services' | 'workers'>,
  { ran, drained, exitCode }: Ending,
  level: 'info' | 'debug' = 'info',
): void {
  const drain = drained === undefined ? '' : `drained for ${spanText(drained)}, `
  log[level](`stopped after ${spanText(ran)}: ${drain}exit code ${exitCode}`, {
    services,
    workers,
    milliseconds: Math.round(ran),
    drainMilliseconds: drained === undefined ? undefined : Math.round(drained),
    exitCode,
  })
}
