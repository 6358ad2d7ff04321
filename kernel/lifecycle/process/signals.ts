import { constants } from 'node:os'
import { getLogger, holdsRecords } from '../../log/index.ts'
import { ignoreFailures } from '../../log/stderr.ts'

/** A signal that asks a process to stop. SIGBREAK, Ctrl-Break, exists on Windows only. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGBREAK'

/**
 * The signals that stop a process here: Ctrl-C, the request of a process manager, a terminal that closes, and
 * Ctrl-Break on Windows. SIGQUIT (Ctrl-\) is left to the system, which ends the process at once even if it hangs.
 */
export const stopSignals: readonly StopSignal[] = (
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const
).filter((signal) => signal in constants.signals)

/**
 * For so many milliseconds, the same signal again counts as an echo of the first: npm and shells pass on the Ctrl-C
 * that the terminal has already sent to the whole process group. So does another signal beside a SIGHUP, as systemd
 * sends them.
 */
const echo = 200
/** A terminal that closes sends one SIGHUP, and its shell sends a second one when it ends, some time later. */
const hangupEcho = 3_000

/** The longest interval that a timer takes, in milliseconds. */
const longestInterval = 2 ** 31 - 1

/** What signals stop: a kernel, or a supervisor of workers. */
export interface Stoppable {
  /** Finishes the work that is running, and stops. */
  exit(): void
  /** Ends without waiting for anything. */
  force(exitCode: number): void
  readonly stopped: Promise<unknown>
}

/**
 * Lets the stop signals of the process drain and stop the kernel. A second one ends the process at once, with 128
 * plus the signal's number as shells have it. Keeps the process alive until the kernel has stopped, because a
 * service that only waits for messages of its own process has no handle that would. From now on, output that cannot
 * be written, as to a terminal that has closed, no longer ends the process. `signals` are those that count;
 * default: all of `stopSignals`.
 */
export function forwardSignals(kernel: Stoppable, signals: readonly StopSignal[] = stopSignals): void {
  const log = getLogger('tomodachi.lifecycle')
  let first: StopSignal | undefined
  let hasStopped = false
  /** Which echo time is over, in milliseconds. */
  let over = 0
  const timers: NodeJS.Timeout[] = []
  const receive = (signal: StopSignal) => {
    if (first === undefined) {
      first = signal
      log.info(`received ${signal}, stopping; a second signal ends the process at once`)
      kernel.exit()
      for (const time of [echo, hangupEcho]) {
        // Node looks for signals between its timers and its immediates. So a process that got no processor time for
        // longer than this has seen by then what came in the meantime.
        const end = () => {
          over = time
        }
        timers.push(setTimeout(setImmediate, time, end).unref())
      }
    } else if (!isEcho(first, signal, over)) {
      log.warn(`received ${signal} while stopping, ending at once`)
      const exitCode = 128 + constants.signals[signal]
      kernel.force(exitCode)
      // Only what is written out last holds the process then.
      if (hasStopped) process.exit(exitCode)
    }
  }
  for (const signal of signals) process.on(signal, receive)
  const alive = setInterval(() => {}, longestInterval)
  ignoreFailures(process.stdout)
  ignoreFailures(process.stderr)
  const letGo = () => {
    hasStopped = true
    clearInterval(alive)
    // The process ends once those are written out: an echo must not end it before.
    if (first !== undefined && holdsRecords()) return
    for (const timer of timers) clearTimeout(timer)
    for (const signal of signals) process.off(signal, receive)
  }
  kernel.stopped.then(letGo, letGo)
}

/** Whether the second signal is an echo of the first, when so many milliseconds are over. */
function isEcho(first: StopSignal, second: StopSignal, over: number): boolean {
  if (second === 'SIGHUP') return over < hangupEcho
  return over < echo && (first === second || first === 'SIGHUP')
}
