import { handlerLog } from './handler-log.ts'

/** The key under which a logger holds the fields of its records, outermost first. */
export const boundFields: unique symbol = Symbol('fields')

/** The inside of a logger. */
export interface Bound {
  readonly [boundFields]: readonly unknown[]
}

const none: readonly unknown[] = []

/** Whether a logger of this name is the library's own; those choose the fields of their records themselves. */
export function isOwnName(name: string): boolean {
  return name === 'tomodachi' || name.startsWith('tomodachi.')
}

/** The fields of the logger that belongs to the handler which the running code was called from. */
export function contextFields(): readonly unknown[] {
  const log = handlerLog() as Partial<Bound> | undefined
  return log?.[boundFields] ?? none
}
