import type { Logger } from './logger.ts'

let find: () => Logger | undefined = () => undefined

/** Sets how to find the logger of the handler that the running code was called from. */
export function findHandlerLogBy(look: () => Logger | undefined): void {
  find = look
}

/** The logger of the handler that the running code was called from; undefined outside of handlers. */
export function handlerLog(): Logger | undefined {
  return find()
}
