import { isError } from '../../thrown.ts'
import type { Data } from './data.ts'
import { fieldData, messageText } from './data.ts'
import type { Level } from './level.ts'

/**
 * One log record, as formats and sinks get it. `fields` is plain JSON data, bounded and with secrets redacted, so a
 * format can print it as it is.
 */
export interface LogRecord {
  readonly timestamp: Date
  readonly logger: string
  readonly level: Level
  readonly message: string
  readonly fields: Readonly<Record<string, Data>>
  /** What the console format shows in place of the message and all fields. */
  readonly brief?: Brief
}

/** A word of a message that the console format colours. */
export interface Tinted {
  readonly text: string
  readonly tint: 'cyan' | 'green' | 'red' | 'yellow'
}

/** Makes the brief form of a record for people: the words of a message, and the fields to show after it. */
export type Brief = (fields: LogRecord['fields']) => {
  readonly message: readonly (string | Tinted)[]
  readonly fields: Readonly<Record<string, Data | undefined>>
}

/** The key under which the fields of a call may hold a `Brief`. It is not a field itself. */
export const inBrief: unique symbol = Symbol('tomodachi.inBrief')

/**
 * Makes the record of one call. `bound` are the fields of the logger and its parents, outermost first; the fields
 * of the call come last and win. Never throws.
 */
export function createRecord(
  logger: string,
  level: Level,
  message: unknown,
  bound: readonly unknown[],
  fields: unknown,
): LogRecord {
  const thrown = isError(message) ? [{ error: message }] : []
  const brief = briefOf(fields)
  return {
    timestamp: new Date(),
    logger,
    level,
    message: messageText(message),
    fields: fieldData([...bound, ...thrown, fields]),
    ...(brief === undefined ? {} : { brief }),
  }
}

function briefOf(fields: unknown): Brief | undefined {
  try {
    return (fields as { readonly [inBrief]?: Brief } | null | undefined)?.[inBrief]
  } catch {
    return undefined
  }
}
