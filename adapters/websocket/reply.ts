import type { ReplyParts } from '../../kernel/adapter-kit.ts'
import type { HandlerContext } from '../../kernel/index.ts'
import type { Closed } from './client-socket.ts'

/**
 * Handles a message: a string for text, a Buffer for binary. A promise that it returns is awaited, but its value is not
 * sent: use `socket.send`.
 */
export type MessageHandler<Given = object> = (
  data: string | Buffer,
  context: HandlerContext & Given,
) => unknown

/** Called when the connection has ended and its last message has been handled. */
export type CloseHandler<Given = object> = (closed: Closed, context: HandlerContext & Given) => unknown

/** The handlers of one connection. It may have no other keys. */
export interface WebsocketParts<Given = object>
  extends ReplyParts<'return { message, close }, [message, close] or nothing'> {
  readonly message?: MessageHandler<Given>
  readonly close?: CloseHandler<Given>
}

/** What a handler of connections may return: the handlers of its messages and of its close, or nothing. */
export type WebsocketReply<Given = object> =
  | WebsocketParts<Given>
  | readonly [message: MessageHandler<Given> | undefined, close?: CloseHandler<Given>]
  | undefined
  | null
  // A handler that returns nothing has the type void.
  // biome-ignore lint/suspicious/noConfusingVoidType: see above
  | void

/** The value that a connection's handler returned, in one shape. */
export interface Handlers {
  readonly message?: MessageHandler | undefined
  readonly close?: CloseHandler | undefined
}

const none: Handlers = {}

/** Brings a reply into one shape. For a value that is not a reply, it returns a text that says what the value is. */
export function handlersOf(reply: unknown): Handlers | string {
  if (reply === undefined || reply === null) return none
  if (Array.isArray(reply) && reply.length > 2) return `a list of ${reply.length}`
  if (typeof reply !== 'object' || reply instanceof Uint8Array) return kindOf(reply)
  const { message, close, ...more } = Array.isArray(reply)
    ? { message: reply[0], close: reply[1] }
    : (reply as Record<string, unknown>)
  const [foreign] = Object.keys(more)
  if (foreign !== undefined) return `an object with the key "${foreign}"`
  // A Map, or an instance with other methods, is a mistake.
  if (message === undefined && close === undefined && !Array.isArray(reply) && !isPlain(reply))
    return 'an object that has neither message nor close'
  if (!isHandler(message)) return `${kindOf(message)} as message`
  return isHandler(close) ? ({ message, close } as Handlers) : `${kindOf(close)} as close`
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isHandler(value: unknown): boolean {
  return value === undefined || typeof value === 'function'
}

/** The kind of a value, without the value itself, which may come from a client. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Whether the return value of a message handler looks like an answer. Others are accidental, such as that of `push`. */
export function isAnswer(value: unknown): boolean {
  if (typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value)) return true
  return typeof value === 'object' && value !== null && isPlain(value)
}
