import { format, inspect } from 'node:util'
import { isError, nameOf, reasonOf } from '../../thrown.ts'
import { messageText } from '../record/data.ts'
import type { Method } from '../record/level.ts'
import { isWritten, logCaptured } from './captured.ts'
import { replaceMethod, type Undo } from './undo.ts'

const logger = 'console'
const methods = {
  log: 'info',
  info: 'info',
  dir: 'info',
  warn: 'warn',
  error: 'error',
  debug: 'debug',
  trace: 'debug',
} as const satisfies Readonly<Record<string, Method>>

/**
 * Logs `console.log` and the like to `console`: log, info and dir at info, warn and error at their own level, debug
 * and trace at debug. The message is the formatted text, with objects as redacted JSON. Errors become fields:
 * `error`, `error2` and so on; trace adds its stack as one. Methods that node builds on these (table, count,
 * assert, group) are logged too.
 */
export function captureConsole(): Undo {
  const undos = (Object.keys(methods) as (keyof typeof methods)[]).map((name) =>
    replaceMethod(console, name, (_original, ...args) => {
      if (isWritten(logger, methods[name])) log(name, name === 'dir' ? args.slice(0, 1) : args)
    }),
  )
  return () => {
    for (const undo of undos) undo()
  }
}

function log(name: keyof typeof methods, args: readonly unknown[]): void {
  const [first] = args
  if (args.length === 1 && isError(first)) return logCaptured(logger, methods[name], first)
  const message = format(...args.map(shown))
  const errors = name === 'trace' ? [traceOf(message), ...args.filter(isError)] : args.filter(isError)
  const fields = errors.map((error, index) => [index === 0 ? 'error' : `error${index + 1}`, error] as const)
  logCaptured(logger, methods[name], message, Object.fromEntries(fields))
}

/** The stand-in for a value in the format: primitives as they are, objects as their text. */
function shown(value: unknown): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value
  const text = isError(value) ? `${nameOf(value)}: ${reasonOf(value)}` : messageText(value)
  // Not a string, which %o and %j would quote.
  return { [inspect.custom]: () => text, toJSON: () => parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function traceOf(message: string): Error {
  const trace = new Error(message)
  trace.name = 'Trace'
  // The stack begins where it was called; this frame and those below are ours.
  Error.captureStackTrace(trace, console.trace)
  return trace
}
