import { getLogger } from '../log/index.ts'

/** Waits for all of the work. Then rejects with the first failure, after logging the others. */
export async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const [first, ...others] = results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => reason as unknown)
  const log = getLogger('tomodachi.lifecycle')
  for (const error of others) log.error('another failure at the same step', { error })
  if (results.some(({ status }) => status === 'rejected')) throw first
}
