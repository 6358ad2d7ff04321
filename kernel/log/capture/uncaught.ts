import { inspect } from 'node:util'
import { isError, reasonOf } from '../../thrown.ts'
import { isDisabled } from '../configure.ts'
import { messageText } from '../record/data.ts'
import { logCaptured } from './captured.ts'
import type { Undo } from './undo.ts'

/**
 * Logs uncaught errors and unhandled rejections to `node.uncaught`, and then calls `end`. If the program itself
 * listens to uncaught errors, node would go on, so `end` is not called.
 */
export function captureUncaught(end: () => void): Undo {
  const listen = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin) => {
    // Even with a disabled log the process must not die without a word.
    if (isDisabled()) process.stderr.write(`Uncaught ${inspected(error)}\n`)
    else log(error, origin)
    if (process.listenerCount('uncaughtException') === 1) end()
  }
  process.on('uncaughtException', listen)
  return () => void process.off('uncaughtException', listen)
}

function inspected(error: unknown): string {
  try {
    return inspect(error)
  } catch {
    return reasonOf(error)
  }
}

function log(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  const title = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught error'
  const fields = isError(error) ? { error } : { value: error }
  logCaptured('node.uncaught', 'error', isError(error) ? `${title}: ${messageText(error)}` : title, fields)
}
