import { getLogger } from '../log/index.ts'
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

/**
 * Logs that everything has stopped, how many milliseconds after its start, and with which exit code. The level is
 * debug where somebody else announces the stop, such as the supervisor of a worker.
 */
export function announceStop(
  { services, workers }: Pick<Summary, 'services' | 'workers'>,
  milliseconds: number,
  exitCode: number,
  level: 'info' | 'debug' = 'info',
): void {
  log[level](`stopped after ${spanText(milliseconds)} with exit code ${exitCode}`, {
    services,
    workers,
    milliseconds: Math.round(milliseconds),
    exitCode,
  })
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** A span of time for people: `340 ms`, `4.2 s`, `5 min 12 s`, `3 d 4 h`. */
function spanText(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)} s`
  let left = Math.round(milliseconds / 1_000)
  const parts = units.map(([unit, seconds]) => {
    const count = Math.floor(left / seconds)
    left -= count * seconds
    return { count, text: `${count} ${unit}` }
  })
  const first = parts.findIndex(({ count }) => count > 0)
  return parts
    .slice(first, first + 2)
    .map(({ text }) => text)
    .join(' ')
}
