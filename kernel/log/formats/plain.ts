import type { Data } from '../record/data.ts'
import type { LogRecord } from '../record/record.ts'

/** How less important parts are painted: field names and stacks. The plain format does not paint them. */
export type Paint = (text: string) => string

const unpainted: Paint = (text) => text
const indent = '    '
// Control characters and characters that reorder text: a logged value must not move the cursor or forge a line.
const hidden = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const bareValue = /^[^\s"'=\\{}\p{Cc}]+$/u

/**
 * The record as text without colours or alignment: `2026-11-24T08:00:00.123Z info orders.billing message key=value`
 * (UTC). The stack of an error field follows on indented lines, as do further lines of the message.
 */
export function plainText(record: LogRecord): string {
  const head = [record.timestamp.toISOString(), record.level, visible(record.logger), messageOf(record)]
  return (
    [...head, ...pairs(record, unpainted)].filter((part) => part !== '').join(' ') + traces(record, unpainted)
  )
}

/** The message in a form that is safe in a terminal; its further lines are indented. */
export function messageOf(record: LogRecord): string {
  return record.message.split(/\r?\n/).map(visible).join(`\n${indent}`)
}

/** The fields as `key=value`. Text is quoted where needed; lists and objects are JSON. */
export function pairs(record: LogRecord, paint: Paint): string[] {
  return Object.entries(record.fields).map(([key, value]) => pair(key, value, paint))
}

/** The stacks of the error fields, each with its other fields, its cause and its inner errors. */
export function traces(record: LogRecord, paint: Paint): string {
  return Object.values(record.fields)
    .filter(isErrorData)
    .map((error) => trace(error, '', indent, paint))
    .join('')
}

interface ErrorData {
  [key: string]: Data
  name: string
  message: string
}

function isErrorData(value: Data | undefined): value is ErrorData {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return [value.name, value.message, value.stack].every((part) => typeof part === 'string')
}

function pair(key: string, value: Data, paint: Paint): string {
  const shown = isErrorData(value) ? `${value.name}: ${value.message}` : value
  return `${paint(`${bareValue.test(key) ? key : quoted(key)}=`)}${valueText(shown)}`
}

function valueText(value: Data): string {
  if (typeof value !== 'string') return visible(JSON.stringify(value))
  return bareValue.test(value) ? visible(value) : quoted(value)
}

function trace(error: ErrorData, label: string, margin: string, paint: Paint): string {
  const { name: _name, message: _message, stack, errors = [], ...more } = error
  const held = Array.isArray(errors) ? errors : [errors]
  const own = Object.entries(more).filter(([, value]) => !isErrorData(value))
  const [title = '', ...frames] = String(stack).split(/\r?\n/).map(visible)
  const lines = [label + title, ...frames.map((line) => paint(line))]
  if (own.length > 0) lines.push(indent + own.map(([key, value]) => pair(key, value, paint)).join(' '))
  const nested = Object.entries(more).map(([key, value]) =>
    isErrorData(value)
      ? trace(value, key === 'cause' ? 'caused by: ' : `${visible(key)}: `, margin, paint)
      : '',
  )
  const deeper = margin + indent
  const list = held.map((each) =>
    isErrorData(each) ? trace(each, '', deeper, paint) : `\n${deeper}${valueText(each)}`,
  )
  return [...lines.map((line) => `\n${margin}${line}`), ...nested, ...list].join('')
}

function quoted(value: string): string {
  return visible(JSON.stringify(value))
}

/** The text with escapes in place of control characters and characters that reorder text. */
export function visible(value: string): string {
  return value.replace(hidden, (found) =>
    found === '\t' ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
