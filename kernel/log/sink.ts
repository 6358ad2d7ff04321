import { TomodachiError } from '../errors.ts'
import { isPromise, letGo } from '../promise.ts'
import { type Finish, finishOf } from './finish.ts'
import type { Data } from './record/data.ts'
import type { LogRecord } from './record/record.ts'

/**
 * Writes one record somewhere else. `fields` are plain, redacted JSON data and include the logger's name as
 * `logger`.
 */
export type LogMethod = (message: string, fields: Record<string, Data>) => unknown

/**
 * A logger of another library that takes our records. Without `debug`, debug records are dropped. Methods are
 * called on the object. What they throw or reject with never reaches the code that logs. When the process ends in
 * order, it calls `flush`, or else `end`, and waits at most three seconds: for the promise, for the callback if the
 * method takes one, and for a stream until it has finished.
 */
export type LogSink = {
  debug?: LogMethod
  info: LogMethod
  error: LogMethod
  flush?(callback: () => void): unknown
  end?(callback: () => void): unknown
} & ({ warn: LogMethod } | { warning: LogMethod })

/**
 * Makes a sink of any object with the methods info, warn (or warning), error and perhaps debug, such as winston or
 * one written by hand. pino, recognized by its `bindings` method, and bunyan, by its streams and serializers, get
 * the fields first and the message second. Throws LOGGER_INVALID with `name` when a method is missing.
 */
export function toLogSink(
  candidate: unknown,
  name: string,
): LogSink & { readonly finish: Finish | undefined } {
  if (!isLogger(candidate)) throw new TomodachiError('LOGGER_INVALID', { name })
  const isBunyan = Array.isArray(candidate.streams) && isMethod(candidate.addSerializers)
  const fieldsFirst = isMethod(candidate.bindings) || isBunyan
  const adapt =
    (key: string): LogMethod =>
    (message, fields) => {
      const method = candidate[key] as (...args: unknown[]) => unknown
      return fieldsFirst ? method.call(candidate, fields, message) : method.call(candidate, message, fields)
    }
  return {
    ...(isMethod(candidate.debug) ? { debug: adapt('debug') } : {}),
    info: adapt('info'),
    warning: adapt(isMethod(candidate.warning) ? 'warning' : 'warn'),
    error: adapt('error'),
    finish: finishOf(candidate),
  }
}

/** Writes the record to the sink. Calls `onFailure` if that throws or rejects; never throws itself. */
export function writeToSink(sink: LogSink, record: LogRecord, onFailure: () => void): void {
  const methods = sink as unknown as Partial<Record<string, LogMethod>>
  const write = methods[record.level] ?? (record.level === 'warning' ? methods.warn : undefined)
  try {
    const result = write?.call(sink, record.message, { logger: record.logger, ...record.fields })
    if (isPromise(result)) letGo(result, onFailure)
  } catch {
    onFailure()
  }
}

function isLogger(candidate: unknown): candidate is Record<string, unknown> {
  if ((typeof candidate !== 'object' && typeof candidate !== 'function') || candidate === null) return false
  const methods = candidate as Record<string, unknown>
  return isMethod(methods.info) && isMethod(methods.error) && isMethod(methods.warn ?? methods.warning)
}

function isMethod(value: unknown): boolean {
  return typeof value === 'function'
}
