import { constants } from 'node:os'
import { getLogger } from '../../log/index.ts'
import { ignoreFailures } from '../../log/stderr.ts'

/** A signal that asks a process to stop. SIGBREAK, Ctrl-Break, is of Windows alone. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGBREAK'

/**
 * The signals that stop a process here: Ctrl-C, the word of whoever supervises it, a terminal that closes, and on Windows
 * Ctrl-Break. SIGQUIT (Ctrl-\) is left to the system: it ends a process at once, even one that hangs.
 */
export const stopSignals: readonly StopSignal[] = (
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const
).filter((signal) => signal in constants.signals)

/**
 * Within so many milliseconds the same signal again is not a second wish: npm and shells pass on the Ctrl-C that the
 * terminal has already sent to the whole process group. Nor is another signal beside a SIGHUP, as systemd sends them.
 */
const echo = 200
/** A terminal that closes sends one SIGHUP, and the end of its shell a second one, whenever that comes. */
const hangupEcho = 3_000

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
 * that only waits for messages of its own process has no handle that would. From then on nothing that cannot be printed,
 * as on a terminal that has closed, ends the process. `signals` are those that count; default: all of `stopSignals`.
 */
export function forwardSignals(kernel: Stoppable, signals: readonly StopSignal[] = stopSignals): void {
  const log = getLogger('tomodachi.lifecycle')
  let first: StopSignal | undefined
  /** What is over of the times in which a signal may be an echo, in milliseconds. */
  let over = 0
  const timers: NodeJS.Timeout[] = []
  const receive = (signal: StopSignal) => {
    if (first === undefined) {
      first = signal
      log.info(`received ${signal}, stopping; a second signal ends the process at once`)
      kernel.exit()
      for (const time of [echo, hangupEcho]) {
        // Between its timers and its immediates node looks for signals: a process that got no processor for longer than
        // this has still seen by then what came in the meantime.
        const end = () => {
          over = time
        }
        timers.push(setTimeout(setImmediate, time, end).unref())
      }
    } else if (!isEcho(first, signal, over)) {
      log.warn(`received ${signal} while stopping, ending at once`)
      kernel.force(128 + constants.signals[signal])
    }
  }
  for (const signal of signals) process.on(signal, receive)
  const alive = setInterval(() => {}, longestInterval)
  ignoreFailures(process.stdout)
  ignoreFailures(process.stderr)
  const letGo = () => {
    clearInterval(alive)
    for (const timer of timers) clearTimeout(timer)
    for (const signal of signals) process.off(signal, receive)
  }
  kernel.stopped.then(letGo, letGo)
}

/** Whether the second signal belongs to the first one, when so many milliseconds are over. */
function isEcho(first: StopSignal, second: StopSignal, over: number): boolean {
  if (second === 'SIGHUP') return over < hangupEcho
  return over < echo && (first === second || first === 'SIGHUP')
}
