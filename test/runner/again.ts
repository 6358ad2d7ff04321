import { type FileResult, titleOf } from './process.ts'

/** More files than this do not fail by bad luck on one Node. */
const MOST = 3

/** Whether a file is a failure of the run. */
export function hasFailed({ failed, faults }: FileResult): boolean {
  return failed + faults.length > 0
}

/**
 * Gives files that have failed a second run, by themselves: many wait for real time, brokers and processes, and three
 * at a time on two processors one may stand still for longer than its test allows. That it was so is printed.
 *
 * @returns the results, with those of second runs in place of the first
 */
export async function again(
  results: readonly FileResult[],
  rerun: (first: FileResult) => Promise<FileResult>,
): Promise<FileResult[]> {
  const failed = results.filter(hasFailed)
  const judged: FileResult[] = []
  for (const first of results) {
    const isFew = failed.filter(({ node }) => node === first.node).length <= MOST
    const second = isFew && hasFailed(first) ? await rerun(first) : first
    judged.push(second)
    if (hasFailed(first) && !hasFailed(second))
      console.log(`FLAKY ${titleOf(first)}: failed at first, passed by itself`)
  }
  return judged
}
