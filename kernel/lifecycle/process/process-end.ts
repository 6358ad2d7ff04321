import { TomodachiError } from '../../errors.ts'
import { finishLogs, holdsRecords } from '../../log/index.ts'

/** How long the program's own code may run after a stop, in milliseconds. */
const farewell = 5_000

/**
 * Whether a process can end with this code, or no code is given. Node accepts other codes and turns them into
 * different ones.
 */
export function isExitCode(code: unknown): code is number | undefined {
  return code === undefined || (Number.isInteger(code) && Number(code) >= 0 && Number(code) <= 255)
}

export function exitCodeInvalid(option: string, actual: unknown): TomodachiError {
  return new TomodachiError('OPTION_INVALID', { option, expected: 'a whole number from 0 to 255', actual })
}

/** Throws `OPTION_INVALID` for a code that no process can end with. */
export function checkExitCode(code: unknown, option: string): void {
  if (!isExitCode(code)) throw exitCodeInvalid(option, code)
}

/**
 * Ends the process. An exit code of 0 leaves `process.exitCode` as it is. If the program waits for the stop, the
 * process ends when the program has nothing left to do, or after five seconds; otherwise at once. A logger that
 * holds records is waited for.
 */
export function endProcess(exitCode: number, isAwaited: boolean): void {
  if (exitCode !== 0) process.exitCode = exitCode
  if (!isAwaited) return leaveProcess()
  process.once('beforeExit', () => leaveProcess())
  setTimeout(leaveProcess, farewell).unref()
}

/** Ends the process with the code that is set; at once, unless a logger holds records. */
export function leaveProcess(): void {
  if (!holdsRecords()) process.exit()
  void finishLogs().then(() => process.exit())
}
