import type { Level } from './level.ts'
import type { Paint } from './plain.ts'
import { messageOf, pairs, traces } from './plain.ts'
import type { LogRecord } from './record.ts'

// Five letters at most, so that the loggers' names stand under each other.
const labels: Readonly<Record<Level, string>> = {
  debug: 'debug',
  info: 'info ',
  warning: 'warn ',
  error: 'error',
}
const levelColours: Readonly<Record<Level, number>> = { debug: 36, info: 32, warning: 33, error: 31 }
const dim = 2
const bold = 1

/**
 * The record for people: `2026-11-24 08:00:00.123  info   tomodachi.http  message  key=value`, in local time, with
 * the level in colour and what matters less dimmed when `colors` is true. Stacks follow on indented lines.
 */
export function consoleText(record: LogRecord, colors: boolean): string {
  const paint: Paint = (text) => ansi(text, dim, colors)
  const parts = [
    ansi(localTime(record.timestamp), dim, colors),
    ansi(labels[record.level], levelColours[record.level], colors),
    record.logger,
    record.level === 'error' ? ansi(messageOf(record), bold, colors) : messageOf(record),
    pairs(record, paint).join(' '),
  ]
  return parts.filter((part) => part !== '').join('  ') + traces(record, paint)
}

/**
 * Whether to write colours: FORCE_COLOR decides when it is set and not empty ("0" is no), else NO_COLOR set and not
 * empty (https://no-color.org) is no, else whether the stream is a terminal.
 */
export function wantsColors(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0'
  return !environment.NO_COLOR && isTerminal
}

function ansi(text: string, code: number, colors: boolean): string {
  return colors && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text
}

function localTime(time: Date): string {
  const day = [time.getFullYear(), digits(time.getMonth() + 1), digits(time.getDate())].join('-')
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => digits(part)).join(':')
  return `${day} ${clock}.${digits(time.getMilliseconds(), 3)}`
}

function digits(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}
