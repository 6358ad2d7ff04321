import { isError } from '../../thrown.ts'
import type { Data } from './data.ts'
import { fieldData, messageText } from './data.ts'
import type { Level } from './level.ts'

/**
 * One thing that was logged, as the formats and sinks get it. `fields` is plain JSON data, already bounded and with
 * secrets redacted, so a format can print it as it stands.
 */
export interface LogRecord {
  readonly timestamp: Date
  readonly logger: string
  readonly level: Level
  readonly message: string
  readonly fields: Readonly<Record<string, Data>>
  /** What the console format shows in the place of the message and of all fields. */
  readonly brief?: Brief
}

/** Says in brief, for people, what a record says by its fields: a message, and which of the fields to show beside it. */
export type Brief = (fields: LogRecord['fields']) => {
  readonly message: string
  readonly keep: readonly string[]
}

/** Under it the fields of a call may hold a `Brief`. It is no field itself. */
export const inBrief: unique symbol = Symbol('tomodachi.inBrief')

/**
 * Makes the record of one call. `bound` are the fields of the logger and its parents, outermost first; the fields of
 * the call come last and win. Never throws, whatever it is given.
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
