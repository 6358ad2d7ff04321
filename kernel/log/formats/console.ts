import { styleText } from 'node:util'
import type { Level } from '../record/level.ts'
import type { LogRecord } from '../record/record.ts'
import { messageOf, type Paint, pairs, traces, visible } from './plain.ts'

// All of the same width, so that the logger names line up.
const labels: Readonly<Record<Level, string>> = {
  debug: 'debug',
  info: 'info ',
  warning: 'warn ',
  error: 'error',
}
type Style = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow'

const levelStyles: Readonly<Record<Level, Style>> = {
  debug: 'cyan',
  info: 'green',
  warning: 'yellow',
  error: 'red',
}

/**
 * The record for people: `2026-11-24 08:00:00.123  info   orders.billing  message  key=value`, in local time. With
 * `colors` the level is coloured and less important parts are dimmed. Stacks follow on indented lines. A record
 * that has a brief form is shown in it.
 */
export function consoleText(record: LogRecord, colors: boolean): string {
  const paint = (style: Style, text: string) =>
    colors && text !== '' ? styleText(style, text, { validateStream: false }) : text
  const dim: Paint = (text) => paint('dim', text)
  const shown = inBrief(record)
  const parts = [
    dim(localTime(shown.timestamp)),
    paint(levelStyles[shown.level], labels[shown.level]),
    visible(shown.logger),
    shown.level === 'error' ? paint('bold', messageOf(shown)) : messageOf(shown),
    pairs(shown, dim).join(' '),
  ]
  return parts.filter((part) => part !== '').join('  ') + traces(shown, dim)
}

function inBrief(record: LogRecord): LogRecord {
  if (record.brief === undefined) return record
  const { message, keep } = record.brief(record.fields)
  const fields = Object.entries(record.fields).filter(([name]) => keep.includes(name))
  return { ...record, message, fields: Object.fromEntries(fields) }
}

function localTime(time: Date): string {
  const day = [time.getFullYear(), digits(time.getMonth() + 1), digits(time.getDate())].join('-')
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => digits(part)).join(':')
  return `${day} ${clock}.${digits(time.getMilliseconds(), 3)}`
}

function digits(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}
