import { contextFields } from '../bound.ts'
import { thresholdOf, write } from '../configure.ts'
import { levelOf, type Method } from '../record/level.ts'
import { createRecord } from '../record/record.ts'

const ranks: Readonly<Record<Method | 'silent', number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 }

/** Whether records of this logger and level are written at the moment. */
export function isWritten(logger: string, method: Method): boolean {
  return ranks[method] >= ranks[thresholdOf(logger)]
}

/**
 * Logs what other code printed, if the level is on. It creates no logger: the names come from outside, and loggers
 * are kept forever.
 */
export function logCaptured(logger: string, method: Method, message: unknown, fields: object = {}): void {
  if (!isWritten(logger, method)) return
  write(createRecord(logger, levelOf[method] ?? 'info', message, contextFields(), fields))
}
