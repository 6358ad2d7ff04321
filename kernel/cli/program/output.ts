import { finishLogs } from '../../log/index.ts'

/** A pipe without its reader, and a terminal that has closed. */
const gone: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO'])

/**
 * Lets a reader of stdout go away (`tomodachi chart | head -1`), or the terminal: what it does not read is lost, and the
 * process goes on. Any other failure to write makes the exit code 1.
 */
export function survivePipes(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (!gone.has(code)) process.exitCode = 1
  })
  process.stderr.on('error', () => undefined)
}

export function print(text: string): void {
  process.stdout.write(text)
}

/** Ends the process when everything that was logged and printed has been handed over; with 0, `process.exitCode` counts. */
export function leave(exitCode: number): void {
  if (exitCode !== 0) process.exitCode = exitCode
  void finishLogs().then(() => process.stdout.write('', () => process.stderr.write('', () => process.exit())))
}
