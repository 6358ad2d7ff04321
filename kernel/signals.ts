import { constants } from 'node:os'
import { getLogger } from './log/index.ts'

const signals = ['SIGINT', 'SIGTERM'] as const

/**
 * Within so many milliseconds the same signal again is no second wish: npm and shells pass on the Ctrl-C that the
 * terminal has already sent to the whole process group.
 */
const echo = 200

/** What a timer can hold, in milliseconds. */
const longestInterval = 2 ** 31 - 1

/** What signals stop: a kernel, or a supervisor of workers. */
export interface Stoppable {
  /** Finishes what is under way, and stops. */
  exit(): void
  /** Ends without waiting for anything. */
  force(exitCode: number): void
  readonly stopped: Promise<unknown>
}

/**
 * Has the process's stop signals drain and stop the kernel; a second one ends the process at once, with 128 plus the
 * signal's number as the shell has it. Keeps the process alive, and lets go of it when the kernel has stopped: a service
 * that only waits for messages of its own process has no handle that would.
 */
export function forwardSignals(kernel: Stoppable): void {
  const log = getLogger('tomodachi.lifecycle')
  let first: { readonly signal: string; readonly at: number } | undefined
  const receive = (signal: (typeof signals)[number]) => {
    if (first === undefined) {
      first = { signal, at: performance.now() }
      log.info(`received ${signal}, stopping; a second one ends the process at once`)
      kernel.exit()
    } else if (first.signal !== signal || performance.now() - first.at > echo) {
      log.warn(`received ${signal} again, ending at once`)
      kernel.force(128 + constants.signals[signal])
    }
  }
  for (const signal of signals) process.on(signal, receive)
  const alive = setInterval(() => {}, longestInterval)
  const letGo = () => {
    clearInterval(alive)
    for (const signal of signals) process.off(signal, receive)
  }
  kernel.stopped.then(letGo, letGo)
}
