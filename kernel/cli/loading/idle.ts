/**
 * Settles as the work does. When nothing is left in the process that could settle the work, it rejects with the
 * given error; Node alone would end without a word.
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
