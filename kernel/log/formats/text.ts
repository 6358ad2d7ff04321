import type { Data } from '../record/data.ts'
import type { LogRecord } from '../record/record.ts'
import type { ErrorText, Failure } from './stack.ts'

/** How a text format shows fields and errors. What it is given contains no control characters. */
export interface TextStyle {
  pair(name: string, value: string): string
  /** How many characters of a value are shown. */
  readonly longestValue: number
  /** What is shown of an error. */
  failure(error: ErrorText): Failure
  place(text: string): string
  frame(text: string): string
}

type Fields = LogRecord['fields']

const indent = '    '
// Control characters and characters that reorder text: a logged value must not move the cursor or forge a line.
const hidden = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const bareValue = /^[^\s"'=\\{}\p{Cc}]+$/u

/** The message in a form that is safe in a terminal; its further lines are indented. */
export function messageOf(record: LogRecord): string {
  return indented(record.message)
}

/** The fields as `key=value`. Text is quoted where needed; lists and objects are JSON. */
export function pairs(fields: Fields, style: TextStyle): string[] {
  return Object.entries(fields).map(([key, value]) => pair(key, value, style))
}

/** The stacks of the error fields, each with its other fields, its cause and its inner errors. */
export function traces(fields: Fields, style: TextStyle): string {
  return Object.entries(fields)
    .map(([key, value]) =>
      isErrorData(value) ? trace(value, key === 'error' ? '' : labelOf(key), indent, style) : '',
    )
    .join('')
}

interface ErrorData extends ErrorText {
  [key: string]: Data
}

/** Whether `traces` shows the value of a field. */
export function isErrorData(value: Data | undefined): value is ErrorData {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return [value.name, value.message, value.stack].every((part) => typeof part === 'string')
}

function pair(key: string, value: Data, style: TextStyle): string {
  const shown = isErrorData(value) ? `${value.name}: ${value.message}` : value
  return style.pair(bareValue.test(key) ? visible(key) : quoted(key), valueText(shown, style.longestValue))
}

function valueText(value: Data, longest: number): string {
  if (typeof value !== 'string') return visible(shortened(JSON.stringify(value), longest))
  const text = shortened(value, longest)
  return bareValue.test(text) ? visible(text) : quoted(text)
}

/** The beginning of a text that is too long, with an ellipsis; no character is cut in half. */
export function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

function trace(error: ErrorData, label: string, margin: string, style: TextStyle): string {
  const { name, message, stack, errors = [], ...more } = error
  const { place, title, frames } = style.failure({ name, message, stack })
  const own = Object.entries(more).filter(([, value]) => !isErrorData(value))
  const where = place === undefined ? '' : `${style.place(visible(place))}  `
  const lines = [`${label}${where}${indented(title, margin)}`]
  for (const frame of frames) lines.push(style.frame(visible(frame)))
  if (own.length > 0) lines.push(indent + own.map(([key, value]) => pair(key, value, style)).join(' '))
  const nested = Object.entries(more).map(([key, value]) =>
    isErrorData(value) ? trace(value, key === 'cause' ? 'caused by: ' : labelOf(key), margin, style) : '',
  )
  const deeper = margin + indent
  const held = Array.isArray(errors) ? errors : [errors]
  const list = held.map((each) =>
    isErrorData(each) ? trace(each, '', deeper, style) : `\n${deeper}${valueText(each, style.longestValue)}`,
  )
  return [...lines.map((line) => `\n${margin}${line}`), ...nested, ...list].join('')
}

function labelOf(key: string): string {
  return `${visible(key)}: `
}

function indented(text: string, margin = ''): string {
  return text.split(/\r?\n/).map(visible).join(`\n${margin}${indent}`)
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
