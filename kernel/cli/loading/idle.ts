/**
 * The outcome of the work, unless the process runs out of anything that could still bring it: then a rejection with
 * the given error, where Node would end without a word.
 */
export async function orIdle<T>(work: Promise<T>, error: () => Error): Promise<T> {
  let isIdle: (() => void) | undefined
  const idle = new Promise<never>((_, reject) => {
    isIdle = () => reject(error())
    process.once('beforeExit', isIdle)
  })
  try {
    return await Promise.race([work, idle])
  } finally {
    if (isIdle) process.off('beforeExit', isIdle)
  }
}
