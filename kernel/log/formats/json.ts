import type { Level } from '../record/level.ts'
import { createRecord, type LogRecord } from '../record/record.ts'

/**
 * The record as one JSON object on one line, without the line end: `timestamp` (UTC, ISO 8601, milliseconds),
 * `logger`, `level`, `message`, then the fields. U+0085, U+2028 and U+2029 are escaped, because some readers of lines
 * end a line there.
 */
export function jsonLine(record: LogRecord): string {
  const { timestamp, logger, level, message } = record
  // Written separately from the fields: in one object, a field whose name is a number would come first.
  const head = `{"timestamp":"${timeText(timestamp)}","logger":${JSON.stringify(logger)},"level":"${level}"`
  const fields = JSON.stringify(record.fields)
  const rest = fields === '{}' ? '}' : `,${fields.slice(1)}`
  const line = `${head},"message":${JSON.stringify(message)}${rest}`
  // Looking for each of them alone is far quicker than a pattern.
  if (!line.includes('\u0085') && !line.includes('\u2028') && !line.includes('\u2029')) return line
  return line.replace(
    /[\u0085\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

let lastSecond = Number.NaN
let textOfSecond = ''

/** As `toISOString`, which takes longer than the rest of a line: the text of a second is kept. */
function timeText(time: Date): string {
  const milliseconds = time.getTime()
  const second = Math.floor(milliseconds / 1_000)
  if (second !== lastSecond) {
    lastSecond = second
    textOfSecond = time.toISOString().slice(0, -4)
  }
  return `${textOfSecond}${String(milliseconds - second * 1_000).padStart(3, '0')}Z`
}

/**
 * A record as the format `json` writes it, without the line end, for a log of an adapter's own, such as a file of
 * requests. As in all logs, its size is bounded and secrets are redacted. Never throws.
 */
export function jsonLogLine(logger: string, level: Level, message: string, fields: object): string {
  return jsonLine(createRecord(logger, level, message, [], fields))
}
