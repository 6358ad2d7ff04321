import { contextFields } from '../bound.ts'
import { thresholdOf, write } from '../configure.ts'
import { levelOf, type Method } from '../record/level.ts'
import { createRecord } from '../record/record.ts'

const ranks: Readonly<Record<Method | 'silent', number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 }

/** Whether records of this logger and level are written now. */
export function isWritten(logger: string, method: Method): boolean {
  return ranks[method] >= ranks[thresholdOf(logger)]
}

/**
 * Logs what somebody else printed, if its level is on. It makes no logger: names come from outside, and a logger
 * would stay.
 */
export function logCaptured(logger: string, method: Method, message: unknown, fields: object = {}): void {
  if (!isWritten(logger, method)) return
  write(createRecord(logger, levelOf[method] ?? 'info', message, contextFields(), fields))
}
