/**
 * Lets a reader of stdout go away (`tomodachi chart | head -1`): what it does not read is lost, and the process goes
 * on. Any other failure to write makes the exit code 1.
 */
export function survivePipes(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exitCode = 1
  })
  process.stderr.on('error', () => undefined)
}

export function print(text: string): void {
  process.stdout.write(text)
}

/** Ends the process when everything that was printed has been handed over. */
export function leave(exitCode: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)))
}
