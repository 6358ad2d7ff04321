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

/** The fields of the handler which the running code was called from: those of its logger, and those of its work. */
export function contextFields(): readonly unknown[] {
  const found = handlerLog()
  if (!found) return none
  const { [boundFields]: bound = none } = found.log as Partial<Bound>
  return [...bound, found.work]
}

/** The fields that say which piece of work the running code belongs to. */
export function workFields(): readonly unknown[] {
  const found = handlerLog()
  return found ? [found.work] : none
}
