import type { CloseHandler, MessageHandler } from './source.ts'

/** What a connection's handler has returned, in one shape. */
export interface Handlers {
  readonly message?: MessageHandler | undefined
  readonly close?: CloseHandler | undefined
}

const none: Handlers = {}

/** Brings a reply into one shape; undefined when it is none. */
export function handlersOf(reply: unknown): Handlers | undefined {
  if (reply === undefined || reply === null) return none
  if (typeof reply !== 'object') return undefined
  if (Array.isArray(reply)) {
    const [message, close] = reply as unknown[]
    return reply.length <= 2 && isHandler(message) && isHandler(close)
      ? ({ message, close } as Handlers)
      : undefined
  }
  const { message, close, ...more } = reply as Record<string, unknown>
  if (Object.keys(more).length > 0 || !isHandler(message) || !isHandler(close)) return undefined
  return { message, close } as Handlers
}

function isHandler(value: unknown): boolean {
  return value === undefined || typeof value === 'function'
}
