const ignoreFailure = (): void => undefined

/**
 * Writes the text and a line end to stderr, in one write. A stderr that is gone (EPIPE, a full disk) loses the line
 * and nothing else: the process must not die of its log.
 */
export function writeLine(text: string): void {
  const { stderr } = process
  // Without a listener, a failed write would end the process.
  if (!stderr.listeners('error').includes(ignoreFailure)) stderr.on('error', ignoreFailure)
  try {
    stderr.write(`${text}\n`)
  } catch {
    // Some streams throw at once; see above.
  }
}
