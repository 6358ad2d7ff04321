import { styleText } from 'node:util'
import type { Data } from '../record/data.ts'
import type { Level } from '../record/level.ts'
import type { Brief, LogRecord, Tinted } from '../record/record.ts'
import { loggerColumn } from './logger-column.ts'
import { failureOf } from './stack.ts'
import { isErrorData, messageOf, pairs, type TextStyle, traces, visible } from './text.ts'

// All of the same width, so that what follows lines up.
const labels: Readonly<Record<Level, string>> = {
  debug: 'debug',
  info: 'info ',
  warning: 'warn ',
  error: 'error',
}
type Style = 'bold' | 'dim' | Tinted['tint']
type Paint = (style: Style, text: string) => string

const levelStyles: Readonly<Record<Level, Tinted['tint']>> = {
  debug: 'cyan',
  info: 'green',
  warning: 'yellow',
  error: 'red',
}
/** How many characters of a value are shown: the other formats have all. */
const longestValue = 300

const painted: Paint = (style, text) => styleText(style, text, { validateStream: false })
const unpainted: Paint = (_style, text) => text

/**
 * The record for people: `08:00:00.123  info   orders.billing            message  key=value`, in local time. The message
 * begins in the same column in every line. With `colors`, the level is coloured and less important parts are dimmed. Of an
 * error, the place and the user's own frames follow on indented lines. A record that has a brief form is shown in it.
 */
export function consoleText(record: LogRecord, colors: boolean): string {
  const paint = colors ? painted : unpainted
  const style = styleOf(paint)
  const { timestamp, level, logger, fields, brief } = record
  const { message, details } = brief ? briefly(brief, fields, paint) : inFull(record, paint)
  const parts = [
    paint('dim', localTime(timestamp)),
    paint(levelStyles[level], labels[level]),
    loggerColumn(logger),
    message,
    pairs(details, style).join(' '),
  ]
  return (
    parts
      .filter((part) => part !== '')
      .join('  ')
      .trimEnd() + traces(fields, style)
  )
}

interface Shown {
  readonly message: string
  readonly details: LogRecord['fields']
}

/** Errors are left to the lines below. */
function inFull(record: LogRecord, paint: Paint): Shown {
  const message = messageOf(record)
  const details = Object.entries(record.fields).filter(([, value]) => !isErrorData(value))
  return {
    message: record.level === 'error' && message !== '' ? paint('bold', message) : message,
    details: Object.fromEntries(details),
  }
}

function briefly(brief: Brief, all: LogRecord['fields'], paint: Paint): Shown {
  const { message, fields } = brief(all)
  const words = message.map((part) =>
    typeof part === 'string' ? visible(part) : paint(part.tint, visible(part.text)),
  )
  const given = Object.entries(fields).filter((entry): entry is [string, Data] => entry[1] !== undefined)
  return { message: words.join(' '), details: Object.fromEntries(given) }
}

function styleOf(paint: Paint): TextStyle {
  return {
    pair: (name, value) => paint('dim', `${name}=${value}`),
    longestValue,
    failure: failureOf,
    place: (text) => paint('bold', text),
    frame: (text) => `    ${paint('dim', text)}`,
  }
}

function localTime(time: Date): string {
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => digits(part, 2))
  return `${clock.join(':')}.${digits(time.getMilliseconds(), 3)}`
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
