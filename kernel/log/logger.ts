import loglevel from 'loglevel'
import { type Bound, boundFields, contextFields, isOwnName, workFields } from './bound.ts'
import { thresholdOf, write } from './configure.ts'
import { handlerLog } from './handler-log.ts'
import { levelOf, registryPrefix } from './record/level.ts'
import { createRecord } from './record/record.ts'

/**
 * Writes records. The methods need no `this`, so they can be passed around (`promise.catch(log.error)`). They never
 * throw. A call below the logger's level does nothing and costs little.
 */
export interface Logger {
  readonly name: string
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
  /** A logger of the same name whose records carry these fields too, after the fields of this one. */
  child(fields: Record<string, unknown>): Logger
}

/**
 * The logger of that name. Without a name it is the handler's own logger in code that a handler has called, however
 * deep, and `tomodachi` elsewhere. Records carry `fields`. What is logged below a handler carries the fields of the
 * handler's logger first (handler, transport, service), whichever logger writes it, except for the library's own
 * loggers, whose names start with `tomodachi.`; and with every logger those of the work: what identifies it, and its
 * trace. Loggers are kept for the life of the process: let the name be an
 * area of the program, and put what varies from call to call into fields.
 */
export function getLogger(name?: string, fields?: Record<string, unknown>): Logger {
  const handlers = name === undefined ? handlerLog()?.log : undefined
  if (handlers) return fields === undefined ? handlers : handlers.child(fields)
  const known = name ?? 'tomodachi'
  return createLogger(known, backendFor(known), fields === undefined ? [] : [fields])
}

function createLogger(name: string, backend: loglevel.Logger, bound: readonly unknown[]): Logger & Bound {
  // Looks the backend's methods up at each call, because loglevel replaces them when the level changes.
  return {
    name,
    debug: (message, fields) => backend.debug(message, bound, fields),
    info: (message, fields) => backend.info(message, bound, fields),
    warn: (message, fields) => backend.warn(message, bound, fields),
    error: (message, fields) => backend.error(message, bound, fields),
    child: (fields) => createLogger(name, backend, [...bound, fields]),
    [boundFields]: bound,
  }
}

function backendFor(name: string): loglevel.Logger {
  const backend = loglevel.getLogger(registryPrefix + name)
  if (backend.methodFactory !== recordFactory) {
    backend.methodFactory = recordFactory
    backend.setLevel(thresholdOf(name), false)
  }
  return backend
}

function recordFactory(
  methodName: string,
  _threshold: number,
  loggerName: string | symbol,
): (message: unknown, bound: readonly unknown[], fields: unknown) => void {
  const level = levelOf[methodName] ?? 'info'
  const name = String(loggerName).slice(registryPrefix.length)
  const around = isOwnName(name) ? workFields : contextFields
  return (message, bound, fields) =>
    write(createRecord(name, level, message, [...around(), ...bound], fields))
}
