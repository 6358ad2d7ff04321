import { TomodachiError } from '../../errors.ts'
import { finishLogs, holdsRecords } from '../../log/index.ts'

/** How long the program's own code may go on after a stop, in milliseconds. */
const farewell = 5_000

/** What a process can end with, or no word of it. Node takes more, and makes another code of it. */
export function isExitCode(code: unknown): code is number | undefined {
  return code === undefined || (Number.isInteger(code) && Number(code) >= 0 && Number(code) <= 255)
}

export function exitCodeInvalid(option: string, actual: unknown): TomodachiError {
  return new TomodachiError('OPTION_INVALID', { option, expected: 'a whole number from 0 to 255', actual })
}

/** Throws `OPTION_INVALID` for what is no exit code. */
export function checkExitCode(code: unknown, option: string): void {
  if (!isExitCode(code)) throw exitCodeInvalid(option, code)
}

/**
 * Ends the process; with 0, the code that `process.exitCode` holds counts. At once, or where the program waits for the
 * stop: when what it does then is done, and after five seconds if something keeps the process. A logger that holds records is
 * waited for.
 */
export function endProcess(exitCode: number, isAwaited: boolean): void {
  if (exitCode !== 0) process.exitCode = exitCode
  if (!isAwaited) return leaveProcess()
  process.once('beforeExit', () => leaveProcess())
  setTimeout(leaveProcess, farewell).unref()
}

/** Ends the process with the code that it has; at once, unless a logger holds records. */
export function leaveProcess(): void {
  if (!holdsRecords()) process.exit()
  void finishLogs().then(() => process.exit())
}
