import { handlerLog } from './handler-log.ts'

/** Under it a logger holds the fields that its records carry, outermost first. */
export const boundFields: unique symbol = Symbol('fields')

/** A logger as it is inside. */
export interface Bound {
  readonly [boundFields]: readonly unknown[]
}

const none: readonly unknown[] = []

/** Whether the logger is one of the library's own, which say themselves what their records carry. */
export function isOwnName(name: string): boolean {
  return name === 'tomodachi' || name.startsWith('tomodachi.')
}

/** The fields of the handler that the running code was called from: those of its logger. */
export function contextFields(): readonly unknown[] {
  const log = handlerLog() as Partial<Bound> | undefined
  return log?.[boundFields] ?? none
}
