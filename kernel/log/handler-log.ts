import type { Logger } from './logger.ts'

/** What the log knows of the handler that the running code was called from. */
export interface HandlerLog {
  /** The logger of the handler. */
  readonly log: Logger
  /** Fields that say which piece of work it is, and to which trace it belongs. */
  readonly work: Readonly<Record<string, unknown>>
}

let find: () => HandlerLog | undefined = () => undefined

/** Sets how to find the handler that the running code was called from. */
export function findHandlerLogBy(look: () => HandlerLog | undefined): void {
  find = look
}

/** What is known of the handler that the running code was called from; undefined outside of handlers. */
export function handlerLog(): HandlerLog | undefined {
  return find()
}
