import type { LogRecord } from '../record/record.ts'
import { messageOf, pairs, type TextStyle, traces, visible } from './text.ts'

const style: TextStyle = {
  pair: (name, value) => `${name}=${value}`,
  longestValue: Number.POSITIVE_INFINITY,
  failure({ stack }) {
    const [title = '', ...frames] = stack.split(/\r?\n/)
    return { place: undefined, title, frames }
  },
  place: (text) => text,
  frame: (text) => text,
}

/**
 * The record as text without colours or alignment: `2026-11-24T08:00:00.123Z info orders.billing message key=value`
 * (UTC). The stack of an error field follows on indented lines, as do further lines of the message.
 */
export function plainText(record: LogRecord): string {
  const { timestamp, level, logger, fields } = record
  const parts = [timestamp.toISOString(), level, visible(logger), messageOf(record), ...pairs(fields, style)]
  return parts.filter((part) => part !== '').join(' ') + traces(fields, style)
}
