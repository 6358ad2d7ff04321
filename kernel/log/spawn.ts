import { letGo } from '../promise.ts'
import { getLogger } from './index.ts'

/**
 * Starts asynchronous work from a callback, where nobody awaits it, and logs its failure. Always start such work
 * with it: a promise dropped in a callback would end the process with an unhandled rejection, or hide its error.
 */
export function spawn(task: string, work: () => Promise<void>): void {
  const failed = (error: unknown) => getLogger('tomodachi.spawn').error(`${task} failed`, { error })
  try {
    letGo(work(), failed)
  } catch (error) {
    failed(error)
  }
}
