const ignoreFailure = (): void => undefined

/**
 * From now on, what cannot be written to the stream (EPIPE, a closed terminal, a full disk) is lost, and nothing
 * else happens.
 */
export function ignoreFailures(stream: NodeJS.WritableStream): void {
  // Without a listener, a failed write would end the process.
  if (stream.listenerCount('error', ignoreFailure) === 0) stream.on('error', ignoreFailure)
}

/** Writes the text and a line end to stderr in one write. The process must not die of its log. */
export function writeLine(text: string): void {
  const { stderr } = process
  ignoreFailures(stderr)
  try {
    stderr.write(`${text}\n`)
  } catch {
    // Some streams throw at once; see above.
  }
}
