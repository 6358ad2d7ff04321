import { finishLogs } from '../../log/index.ts'

/** The reader of a pipe has gone, or the terminal has closed. */
const gone: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO'])

/**
 * Lets the reader of stdout (`tomodachi chart | head -1`) or the terminal go away: what nobody reads is lost, and
 * the process goes on. Any other failure to write makes the exit code 1.
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

/**
 * Ends the process once all logs and all output have been written. An exit code of 0 leaves `process.exitCode` as
 * it is.
 */
export function leave(exitCode: number): void {
  if (exitCode !== 0) process.exitCode = exitCode
  void finishLogs().then(() => process.stdout.write('', () => process.stderr.write('', () => process.exit())))
}
