import { TomodachiError } from '../errors.ts'
import { consoleText, wantsColors } from './console.ts'
import { jsonLine } from './json.ts'
import type { Method } from './level.ts'
import { applyLevel, parseLevel } from './level.ts'
import { plainText } from './plain.ts'
import type { LogRecord } from './record.ts'
import type { LogSink } from './sink.ts'
import { toLogSink, writeToSink } from './sink.ts'
import { writeLine } from './stderr.ts'

/** The built-in outputs: for people, JSON lines, plain text, and nothing at all. */
export const logFormats = ['console', 'json', 'plain', 'disabled'] as const

export type LogFormat = (typeof logFormats)[number]

/** What `configureLogging` takes; what is left out stays as it is. */
export interface LoggingOptions {
  /** The lowest level that is written: debug, info, warning (or warn), error (or critical). At first info. */
  readonly level?: string | undefined
  /** A built-in output, all of which write to stderr, or a logger of your own. At first console. */
  readonly logger?: LogFormat | LogSink | undefined
  /** Colours in the console format. At first as FORCE_COLOR, NO_COLOR and the terminal say. */
  readonly colors?: boolean | undefined
}

interface Settings {
  readonly level: Method
  readonly logger: LogFormat | LogSink
  readonly colors: boolean | undefined
}

type Output = (record: LogRecord) => void

let settings: Settings = { level: 'info', logger: 'console', colors: undefined }
let output: Output | undefined

/**
 * Sets level and output of every logger, those that exist too. Throws LOG_LEVEL_INVALID or LOGGER_INVALID, and then
 * has changed nothing.
 */
export function configureLogging(options: LoggingOptions = {}): void {
  settings = {
    level: options.level === undefined ? settings.level : parseLevel(options.level),
    logger: options.logger === undefined ? settings.logger : checkLogger(options.logger),
    colors: options.colors ?? settings.colors,
  }
  output = undefined
  applyLevel(threshold())
}

/** The loglevel threshold that loggers have now. */
export function threshold(): Method | 'silent' {
  return settings.logger === 'disabled' ? 'silent' : settings.level
}

/** Sends the record where the settings say. Never throws. */
export function write(record: LogRecord): void {
  output ??= outputFor(settings)
  output(record)
}

function checkLogger(logger: LogFormat | LogSink): LogFormat | LogSink {
  if (typeof logger === 'object' || typeof logger === 'function') {
    return toLogSink(logger, 'given to configureLogging')
  }
  if (!logFormats.includes(logger)) throw new TomodachiError('LOGGER_INVALID', { name: String(logger) })
  return logger
}

function outputFor({ logger, colors }: Settings): Output {
  const forPeople: Output = (record) => writeLine(consoleText(record, painted))
  const painted = colors ?? wantsColors(process.env, process.stderr.isTTY === true)
  if (typeof logger === 'object') return (record) => writeToSink(logger, record, () => forPeople(record))
  const outputs: Readonly<Record<LogFormat, Output>> = {
    console: forPeople,
    json: (record) => writeLine(jsonLine(record)),
    plain: (record) => writeLine(plainText(record)),
    disabled: () => undefined,
  }
  return outputs[logger]
}
